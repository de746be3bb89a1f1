//! A plan for a live database: a series of migrations, none of which holds anybody up for longer than a moment.
//!
//! Whatever reads all rows of a table, for an index or for the proof of NOT NULL, is in a migration of its own, under
//! locks that no statement of an application waits for. What locks a table changes definitions and nothing else, one
//! table at a time, and gives up after half a second. Each migration is taken back exactly, so that a series can be
//! left at any point.

mod migration;
mod not_null;

use std::collections::BTreeSet;

use crate::catalog::{Catalog, Column, Kind, Made, Relation};
use crate::ddl::{index, tenant_column};
use crate::quote::{Identifier, TableName};
use crate::registry::Registry;
use crate::roles::Roles;
use crate::signature::Signing;
use crate::table::{Tenancy, TenantType};

use super::hardening::Hardened;
use super::{Drift, Note, Plan, Refused, Step, TablePlan};
use migration::Action;
pub use migration::{Migration, Part};
use not_null::Proof;

/// The migrations that a live database lacks, and what the operator should know before they run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// In order.
    pub migrations: Vec<Migration>,
    /// What the operator should know.
    pub notes: Vec<Note>,
}

impl Series {
    /// Compares as [`Plan::with_signing`] does, and adds the tenant column to tables that have none.
    ///
    /// # Errors
    ///
    /// [`Refused`] with all other [`Fault`](super::Fault)s.
    pub fn new(
        registry: &Registry,
        catalog: &Catalog,
        roles: &Roles,
        signing: Signing,
    ) -> Result<Self, Refused> {
        let mut series = Self::of(registry, catalog, |registry, catalog| {
            Plan::with_signing(registry, catalog, roles, signing)
        })?;
        let rebuilds = |step: &Step| matches!(step.drift, Drift::KeysAcrossTenants { .. });
        if Hardened::new(registry, catalog).steps.iter().any(rebuilds) {
            series.notes.push(Note::KeysStay);
        }
        Ok(series)
    }

    /// Compares as [`Plan::observing`] does, and adds the tenant column to tables that have none.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn observing(
        registry: &Registry,
        catalog: &Catalog,
        roles: &Roles,
    ) -> Result<Self, Refused> {
        Self::of(registry, catalog, |registry, catalog| Plan::observing(registry, catalog, roles))
    }

    fn of(
        registry: &Registry,
        catalog: &Catalog,
        plan: impl FnOnce(&Registry, &Catalog) -> Result<Plan, Refused>,
    ) -> Result<Self, Refused> {
        // What that does locks tables for as long as it reads them.
        let registry = registry.without_hardening();
        let mut catalog = catalog.clone();
        let added = add_columns(&registry, &mut catalog);
        let plan = plan(&registry, &catalog)?;
        let mut split = Split {
            registry: &registry,
            catalog: &catalog,
            added,
            index_names: BTreeSet::new(),
            series: Self::default(),
        };
        split.all(plan);
        Ok(split.series)
    }
}

/// Has the catalog say what it will once the missing columns are there. Returns the tables that get one.
fn add_columns(registry: &Registry, catalog: &mut Catalog) -> BTreeSet<TableName> {
    let mut added = BTreeSet::new();
    for table in registry.tables() {
        let Tenancy::PerTenant { column, column_type } = &table.tenancy else { continue };
        let tree = || catalog.relations.values().filter(|relation| relation.root == table.name);
        let lacks = |it: &Relation| it.kind != Kind::Other && it.tenant_column.is_none();
        if tree().next().is_none() || !tree().all(lacks) {
            continue;
        }
        for relation in catalog.relations.values_mut().filter(|it| it.root == table.name) {
            relation.tenant_column = Some(Column::added(column, *column_type));
        }
        added.insert(table.name.clone());
    }
    added
}

/// A plan that becomes a series.
struct Split<'a> {
    registry: &'a Registry,
    catalog: &'a Catalog,
    /// The tables that get their tenant column.
    added: BTreeSet<TableName>,
    /// The indexes of the series so far.
    index_names: BTreeSet<TableName>,
    series: Series,
}

impl Split<'_> {
    fn all(&mut self, plan: Plan) {
        if !plan.functions.is_empty() {
            let (up, down) = (ups(&plan.functions), downs(&plan.functions));
            self.series.migrations.push(Migration::new(Part::Functions, None, up, down));
        }
        let mut tables = plan.tables;
        for note in plan.notes {
            match note {
                Note::IndexLocks { .. } | Note::Nullable { .. } => {}
                // An index that takes over those of the partitions is part of the series.
                Note::IndexOnSomePartitions { table } => {
                    if tables.iter().all(|known| known.table != table) {
                        tables.push(TablePlan { table, steps: Vec::new() });
                    }
                }
                note => self.series.notes.push(note),
            }
        }
        for TablePlan { table, steps } in tables {
            let (registry, catalog) = (self.registry, self.catalog);
            let tenancy = registry.table(&table).map(|table| &table.tenancy);
            match (tenancy, catalog.relations.get(&table)) {
                (Some(Tenancy::PerTenant { column, column_type }), Some(root)) => {
                    self.of_tenants(root, column, *column_type, steps);
                }
                _ => self.isolate(&table, &steps),
            }
        }
        // Part by part, so that what waits for the back-fill waits ahead of all that comes behind it.
        self.series.migrations.sort_by_key(|migration| migration.part);
    }

    fn of_tenants(
        &mut self,
        root: &Relation,
        column: &Identifier,
        column_type: TenantType,
        steps: Vec<Step>,
    ) {
        let (table, Some(live)) = (&root.name, &root.tenant_column) else { return };
        if self.added.contains(table) {
            let (add, drop) = (
                tenant_column::add(table, column, column_type),
                tenant_column::drop(table, column),
            );
            let locked = |sql| [Action::Lock(table.clone()), Action::Run(sql)];
            let (part, on) = (Part::AddColumn, Some(table));
            self.series.migrations.push(Migration::new(part, on, locked(add), locked(drop)));
        }
        let proof = Proof::of(root, column, live);
        if !live.not_null && proof.asks_first() {
            self.series.notes.push(Note::Backfill { table: table.clone() });
        }
        // What a series left that was not run to its end.
        let left = proof.removal().filter(|_| live.not_null && proof.is_begun);
        let mut rest: Vec<Step> = left.into_iter().collect();
        for step in steps {
            match step.drift {
                Drift::Nullable => {
                    self.series.migrations.extend(proof.migrations(&step));
                    rest.extend(proof.removal());
                }
                Drift::NoIndex => {}
                _ => rest.push(step),
            }
        }
        if !live.leads_index {
            self.indexes(root, live, column);
        }
        self.isolate(table, &rest);
    }

    fn indexes(&mut self, root: &Relation, live: &Column, column: &Identifier) {
        self.note_invalid(root, live);
        if root.kind != Kind::Partitioned {
            let name = self.index_name(&root.name);
            self.series.migrations.push(Migration::of_index(&name, &root.name, column));
            return;
        }
        let mut there = Vec::new();
        let catalog = self.catalog;
        let partitions = catalog.relations.values();
        for partition in partitions.filter(|it| it.root == root.name && it.kind == Kind::Table) {
            let Some(live) = &partition.tenant_column else { continue };
            self.note_invalid(partition, live);
            let before = there.len();
            let valid = live.indexes.iter().filter(|index| index.is_valid);
            there.extend(valid.map(|it| index::create(&it.name, &partition.name, column)));
            if there.len() == before {
                let name = self.index_name(&partition.name);
                self.series.migrations.push(Migration::of_index(&name, &partition.name, column));
            }
        }
        let (name, table) = (self.index_name(&root.name), &root.name);
        let lock = || Action::Lock(table.clone());
        let refuse = Action::Run(index::refuse_partitions_without(table, column));
        let up = [refuse, lock(), Action::Run(index::create(&name, table, column))];
        // The index takes those of the partitions along when it goes.
        let down = [lock(), Action::Run(index::drop(&name, table))];
        let down = down.into_iter().chain(there.into_iter().map(Action::Run));
        let (part, on) = (Part::IndexOfPartitions, Some(table));
        self.series.migrations.push(Migration::new(part, on, up, down));
    }

    fn note_invalid(&mut self, relation: &Relation, live: &Column) {
        let invalid = live.indexes.iter().filter(|index| !index.is_valid);
        let note = |index: &Made| Note::IndexInvalid {
            table: relation.name.clone(),
            index: index.name.clone(),
        };
        self.series.notes.extend(invalid.map(note));
    }

    fn index_name(&mut self, table: &TableName) -> Identifier {
        let named = |name: &Identifier| TableName::new(Some(table.schema().clone()), name.clone());
        let schema = self.catalog.schemas.get(table.schema());
        let name = index::name(table, |name| {
            schema.is_some_and(|schema| schema.relation_names.contains(name))
                || self.index_names.contains(&named(name))
        });
        self.index_names.insert(named(&name));
        name
    }

    fn isolate(&mut self, table: &TableName, steps: &[Step]) {
        if steps.is_empty() {
            return;
        }
        let lock = || steps.iter().any(locks).then(|| Action::Lock(table.clone())).into_iter();
        let (up, down) = (lock().chain(ups(steps)), lock().chain(downs(steps)));
        self.series.migrations.push(Migration::new(Part::Isolate, Some(table), up, down));
    }
}

fn ups(steps: &[Step]) -> impl Iterator<Item = Action> {
    steps.iter().map(|step| Action::Run(step.up.clone()))
}

fn downs(steps: &[Step]) -> impl Iterator<Item = Action> {
    steps.iter().rev().map(|step| Action::Run(step.down.clone()))
}

/// Whether a step waits for statements that use the table, as a right that is granted or taken does not.
fn locks(step: &Step) -> bool {
    !matches!(
        step.drift,
        Drift::ExcessiveRight { .. }
            | Drift::ExcessiveSequenceRight { .. }
            | Drift::MissingRight
            | Drift::MissingSequenceRight { .. }
            | Drift::MissingSchemaRight { .. }
            | Drift::Untagged
    )
}
