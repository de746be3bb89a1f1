//! Tenant columns for tables whose rows say only by a foreign key whose they are.

use crate::catalog::{Catalog, Column, ForeignKey, Kind};
use crate::ddl::{default, tenant_column};
use crate::plan::{Drift, Fault, Note, Step};
use crate::quote::{Identifier, Sql, TableName};
use crate::registry::Registry;
use crate::table::{Table, Tenancy, TenantType};

use super::{Hardened, Unforced, tree};

/// A registered table that has no tenant column, and another one that knows the tenant.
struct Orphaned<'a> {
    table: &'a TableName,
    column: &'a Identifier,
    column_type: TenantType,
    parent: &'a TableName,
}

impl<'a> Orphaned<'a> {
    fn new(table: &'a Table, catalog: &Catalog) -> Option<Self> {
        let relation = catalog.relations.get(&table.name)?;
        match (&table.tenancy, &table.parent) {
            (Tenancy::PerTenant { column, column_type }, Some(parent))
                if relation.tenant_column.is_none() =>
            {
                let column_type = *column_type;
                Some(Self { table: &table.name, column, column_type, parent })
            }
            _ => None,
        }
    }

    /// The one foreign key that leads to the parent.
    fn key<'c>(&self, catalog: &'c Catalog) -> Option<&'c ForeignKey> {
        let mut keys = catalog
            .foreign_keys
            .iter()
            .filter(|key| key.table == *self.table && key.references == *self.parent);
        let key = keys.next()?;
        keys.next().is_none().then_some(key)
    }

    fn step(&self, key: &ForeignKey, catalog: &Catalog) -> Step {
        let Self { table, column, column_type, parent } = *self;
        let unforced = Unforced::new(catalog, [table, parent]);
        let kind = |table| catalog.relations.get(table).map_or(Kind::Table, |it| it.kind);
        let kinds = [kind(table), kind(parent)];
        let fill =
            [tenant_column::fill(key, column, kinds), tenant_column::refuse_orphans(key, column)];
        let up = std::iter::once(tenant_column::add(table, column, column_type))
            .chain(unforced.around(fill))
            .chain([default::set_not_null(table, column)]);
        Step {
            on: Some(table.clone()),
            drift: Drift::NoTenantColumn { parent: parent.clone() },
            up: Sql::lines(up),
            down: tenant_column::drop(table, column),
        }
    }

    /// The column as the step leaves it.
    fn added(&self) -> Column {
        Column { not_null: true, ..Column::added(self.column, self.column_type) }
    }
}

/// Plans the columns, those of parents first.
pub(super) fn add(registry: &Registry, hardened: &mut Hardened<'_>) {
    while let Some(orphaned) = next(registry, &hardened.catalog) {
        let Some(key) = orphaned.key(&hardened.catalog) else { break };
        let step = orphaned.step(key, &hardened.catalog);
        hardened.steps.push(step);
        let (table, parent) = (orphaned.table.clone(), orphaned.parent.clone());
        hardened.notes.push(Note::TenantFilled { table, parent });
        let of: Vec<_> =
            tree(&hardened.catalog, orphaned.table).map(|it| it.name.clone()).collect();
        for (name, relation) in &mut hardened.catalog.to_mut().relations {
            if of.contains(name) {
                relation.tenant_column.get_or_insert_with(|| orphaned.added());
            }
        }
    }
    let left = registry.tables().filter_map(|table| Orphaned::new(table, &hardened.catalog));
    let fault = |orphaned: Orphaned<'_>| {
        let (table, parent) = (orphaned.table.clone(), orphaned.parent.clone());
        let is_of_tenants = registry.table(&parent).is_some_and(|it| it.tenant_type().is_some());
        match orphaned.key(&hardened.catalog) {
            None if is_of_tenants => Fault::NoKeyToParent { table, parent },
            _ => Fault::ParentWithoutTenant { table, parent },
        }
    };
    hardened.faults.extend(left.map(fault));
}

/// One whose parent knows the tenant by now, and by one foreign key.
fn next<'a>(registry: &'a Registry, catalog: &Catalog) -> Option<Orphaned<'a>> {
    registry.tables().filter_map(|table| Orphaned::new(table, catalog)).find(|orphaned| {
        let parent = catalog.relations.get(orphaned.parent);
        let column = parent.and_then(|parent| parent.tenant_column.as_ref());
        column.is_some_and(|column| orphaned.column_type.is(&column.type_name))
            && orphaned.key(catalog).is_some()
    })
}
