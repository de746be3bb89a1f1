//! What a database lacks to isolate the tenants of the registered tables.
//!
//! A pure function of the [`Registry`] and the live [`Catalog`]. Each [`Step`] carries its own
//! inverse, so that `down.sql` is `up.sql` read backwards.

mod comparison;
mod complete;
mod drift;
mod enforcement;
mod fault;
mod hardening;
mod online;
mod retype;
mod steps;

use std::collections::BTreeSet;
use std::fmt::Write;

pub use comparison::{Comparison, Difference};
pub use drift::{Drift, KeyName};
pub use enforcement::Enforcement;
pub use fault::{Fault, Refused};
pub use hardening::{ForeignKeyObstacle, KeyObstacle};
pub use online::{Migration, Part, Series};

use crate::catalog::Catalog;
use crate::ddl::{lock_timeout, row_security};
use crate::quote::{Identifier, Sql, TableName};
use crate::registry::Registry;
use crate::roles::Roles;
use crate::signature::Signing;
use crate::table::Table;

use hardening::Hardened;

/// A change, why it is one, and what takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The table or the partition that it is about; `None` for what all of them share.
    pub on: Option<TableName>,
    /// What it repairs.
    pub drift: Drift,
    /// The change.
    pub up: Sql,
    /// What restores the state before it, exactly.
    pub down: Sql,
}

/// What one registered table lacks, its partitions included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePlan {
    /// The registered table.
    pub table: TableName,
    /// The changes, in order. What opens the table to a role comes last.
    pub steps: Vec<Step>,
}

/// All that a database lacks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// What the functions lack that policies call.
    pub functions: Vec<Step>,
    /// Tenant columns that are missing, and then keys without one, of the tables that ask for it. All of them come
    /// before anything that binds the owner: what that is to look through, it has to see.
    pub hardening: Vec<Step>,
    /// The tables that lack something, sorted by schema and name; those last that no tag names any more.
    pub tables: Vec<TablePlan>,
    /// What the operator should know before the migration runs.
    pub notes: Vec<Note>,
}

/// Something to know before a migration runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Note {
    /// An index is built while the table is locked against writes.
    #[error(
        "`{table}`: the index on the tenant column is built under a lock against writes; on a large table, build it with `CREATE INDEX CONCURRENTLY` first and generate again"
    )]
    IndexLocks {
        /// The table.
        table: TableName,
    },
    /// The partitioned table has no index, but one of its partitions has.
    #[error(
        "`{table}`: some partitions have an index that starts with the tenant column, others have none; create one on `{table}` yourself"
    )]
    IndexOnSomePartitions {
        /// The partitioned table.
        table: TableName,
    },
    /// All rows are written anew.
    #[error(
        "`{table}`: the tenant column gets another type, for which the table is locked and, mostly, written anew"
    )]
    Rewrites {
        /// The table.
        table: TableName,
    },
    /// Nobody but its owner uses the table from now on.
    #[error(
        "`{table}`: it has the policies of this library and no struct is tagged with it any more; the migration takes the rights of scoped code and leaves the policies: tag it, or drop it"
    )]
    Untagged {
        /// The table.
        table: TableName,
    },
    /// Rows without a tenant make the migration fail.
    #[error(
        "`{table}`: the tenant column allows NULL; the migration fails while rows without a tenant are there"
    )]
    Nullable {
        /// The table.
        table: TableName,
    },
    /// A series of migrations waits for the rows that have no tenant.
    #[error(
        "`{table}`: while rows without a tenant are there, the migration that refuses new ones fails and changes nothing: fill them in with `tenants backfill`, then go on with `diesel migration run`"
    )]
    Backfill {
        /// The table.
        table: TableName,
    },
    /// An index was not built to its end.
    #[error(
        "`{table}`: the index `{}` is marked INVALID, since its `CREATE INDEX CONCURRENTLY` failed, and serves nobody: remove it with `DROP INDEX CONCURRENTLY`",
        index.as_str()
    )]
    IndexInvalid {
        /// The table or partition.
        table: TableName,
        /// The index, in the table's schema.
        index: Identifier,
    },
    /// A foreign key connects the rows of one tenant with those of another.
    #[error(
        "`{table}`: the foreign key `{}` to `{references}` leaves the tenant column out, so a tenant can reference the rows of another, which shows whether they are there; ON UPDATE and ON DELETE then copy, change and delete rows across tenants: replace it by one whose columns begin with the tenant column on both sides, on a key of `{references}` that does so too",
        key.as_str()
    )]
    ForeignKeyAcrossTenants {
        /// The table.
        table: TableName,
        /// The constraint.
        key: Identifier,
        /// The table that it references.
        references: TableName,
    },
    /// A key is unique among the rows of all tenants together.
    #[error(
        "`{table}`: the key `{}` leaves the tenant column out, so a tenant that inserts the value of another is refused, which shows that it is there: let its columns begin with the tenant column",
        key.as_str()
    )]
    KeyAcrossTenants {
        /// The table.
        table: TableName,
        /// The constraint or index.
        key: Identifier,
    },
    /// A key of a table that asks for composite ones stays as it is.
    #[error(
        "`{table}`: the key `{}` leaves the tenant column out and stays as it is: {obstacle}",
        key.as_str()
    )]
    KeyLeft {
        /// The table.
        table: TableName,
        /// The constraint or index.
        key: Identifier,
        /// Why.
        obstacle: KeyObstacle,
    },
    /// A foreign key of a table that asks for composite ones stays as it is.
    #[error(
        "`{table}`: the foreign key `{}` to `{references}` leaves the tenant column out and stays as it is: {obstacle}",
        key.as_str()
    )]
    ForeignKeyLeft {
        /// The table.
        table: TableName,
        /// The constraint.
        key: Identifier,
        /// The table that it references.
        references: TableName,
        /// Why.
        obstacle: ForeignKeyObstacle,
    },
    /// Keys are built anew.
    #[error(
        "`{table}`: keys are built anew with the tenant column in front, under a lock against reads and writes; `ON CONFLICT (..)` has to name the tenant column from then on, and `diesel print-schema` prints it in the primary key"
    )]
    KeysRebuilt {
        /// The table.
        table: TableName,
    },
    /// A series for a live database rewrites no keys.
    #[error(
        "keys that do not begin with the tenant column stay as they are: to rebuild them locks their tables, which a migration without `--online` does"
    )]
    KeysStay,
    /// Each row gets its tenant.
    #[error(
        "`{table}`: the tenant column is added and each row is written anew, for which the table is locked and its triggers fire; the migration fails while rows reference no row of `{parent}`"
    )]
    TenantFilled {
        /// The table.
        table: TableName,
        /// The table that says whose the rows are.
        parent: TableName,
    },
    /// Scopes without a signature are refused from now on.
    #[error(
        "from this migration on, scopes without a signature are refused: first make a key (`tenants key add`), and give it to every pool of this database (`signed`, and until the migration has run `allow_unsigned_guards`)"
    )]
    Signs,
    /// Scopes need no signature any more.
    #[error(
        "from this migration on, no signature is asked for: build the pools without `signed`, or with `allow_unsigned_guards`"
    )]
    NoLongerSigns,
    /// Policies are there, and let everything through.
    #[error(
        "from this migration on, tables are observed and not enforced: every tenant still sees all rows, and `tenants observed` tells what enforced policies would hide or refuse; until then build pools with `allow_unenforced_tables`, and dump as a role with BYPASSRLS, since `pg_dump` refuses to run as the owner"
    )]
    Observes,
    /// What was let through is hidden and refused.
    #[error(
        "from this migration on, the policies of these tables are enforced, and what `tenants observed` lists is hidden or refused: let it list nothing first, and build pools without `allow_unenforced_tables` behind it"
    )]
    Enforces,
    /// A table that all tenants share has row-level security.
    #[error(
        "`{table}`: it is declared as global, but has row-level security; its policies decide who reads it"
    )]
    GlobalWithRowSecurity {
        /// The table.
        table: TableName,
    },
}

impl Note {
    /// Whether it is about the rows that a table has, or about who waits for it.
    #[must_use]
    pub fn is_about_rows(&self) -> bool {
        matches!(self, Self::IndexLocks { .. } | Self::Nullable { .. } | Self::TenantFilled { .. })
    }
}

impl Plan {
    /// Compares the registered tables with the live database, whose guards ask for signed scopes on all
    /// tables or on none: as they do.
    ///
    /// # Errors
    ///
    /// [`Refused`] with all [`Fault`]s, if a registered table is not there, is none, or has another
    /// tenant column, or if a global table and one of tenants inherit from each other.
    pub fn new(registry: &Registry, catalog: &Catalog, roles: &Roles) -> Result<Self, Refused> {
        Self::with_signing(registry, catalog, roles, catalog.database.signing)
    }

    /// The same, after which the guards ask for signed scopes or do not.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn with_signing(
        registry: &Registry,
        catalog: &Catalog,
        roles: &Roles,
        signing: Signing,
    ) -> Result<Self, Refused> {
        let (plan, faults) = Self::compare(registry, catalog, roles, signing, Enforcement::Enforce);
        if faults.is_empty() { Ok(plan) } else { Err(Refused(faults)) }
    }

    /// The same, after which tables that are not enforced yet are [observed](Enforcement::Observe).
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), and if a table has policies that an observing one would open.
    pub fn observing(
        registry: &Registry,
        catalog: &Catalog,
        roles: &Roles,
    ) -> Result<Self, Refused> {
        let signing = catalog.database.signing;
        let (plan, faults) = Self::compare(registry, catalog, roles, signing, Enforcement::Observe);
        if faults.is_empty() { Ok(plan) } else { Err(Refused(faults)) }
    }

    /// What the sound tables lack, and what is wrong with the others.
    fn compare(
        registry: &Registry,
        catalog: &Catalog,
        roles: &Roles,
        signing: Signing,
        enforcement: Enforcement,
    ) -> (Self, Vec<Fault>) {
        let mut plan = Self::default();
        match (catalog.database.signing, signing) {
            (Signing::Off, Signing::On) => plan.notes.push(Note::Signs),
            (Signing::On, Signing::Off) => plan.notes.push(Note::NoLongerSigns),
            _ => {}
        }
        plan.functions = steps::of_functions(catalog);
        let mut faults = fault::of_database(catalog, roles, signing);
        let hardened = match enforcement {
            Enforcement::Enforce => Hardened::new(registry, catalog),
            // Keys are as much the application's as its rights.
            Enforcement::Observe => Hardened::new(&registry.without_hardening(), catalog),
        };
        plan.hardening = hardened.steps;
        plan.notes.extend(hardened.notes);
        faults.extend(hardened.faults);
        // The rest is planned on what that leaves.
        let catalog = &*hardened.catalog;
        let mut indexes = BTreeSet::new();
        for table in registry.tables() {
            let enforcement = enforcement.of_table(table, catalog);
            let mut found = fault::of_table(table, registry, catalog);
            found.extend(enforcement.faults(table, catalog));
            if found.is_empty() {
                let lacks =
                    steps::of_table(table, catalog, roles, signing, enforcement, &mut indexes);
                plan.add(table, catalog, roles, lacks);
            }
            // A parent that does not help is a fault of its own.
            let is_told = |fault: &Fault| {
                table.parent.is_some() && matches!(fault, Fault::ColumnMissing { .. })
            };
            faults.extend(found.into_iter().filter(|fault| !is_told(fault)));
        }
        for table in catalog.untagged.iter().filter(|table| table.is_protected) {
            let steps = steps::of_untagged(table);
            if !steps.is_empty() {
                plan.tables.push(TablePlan { table: table.name.clone(), steps });
                plan.notes.push(Note::Untagged { table: table.name.clone() });
            }
        }
        let note = enforcement::note(plan.steps());
        plan.notes.extend(note);
        (plan, faults)
    }

    fn add(
        &mut self,
        table: &Table,
        catalog: &Catalog,
        roles: &Roles,
        (mut steps, notes): (Vec<Step>, Vec<Note>),
    ) {
        let schema = table.name.schema();
        if self.tables.iter().all(|known| known.table.schema() != schema) {
            steps.extend(steps::of_schema(&table.name, catalog, roles));
        }
        self.notes.extend(notes);
        if !steps.is_empty() {
            self.tables.push(TablePlan { table: table.name.clone(), steps });
        }
    }

    /// Whether the database lacks nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.functions.is_empty() && self.hardening.is_empty()
    }

    /// All changes, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let shared = self.functions.iter().chain(&self.hardening);
        shared.chain(self.tables.iter().flat_map(|table| &table.steps))
    }

    /// The contents of `up.sql`.
    #[must_use]
    pub fn up_sql(&self) -> String {
        let observes = self.notes.contains(&Note::Observes);
        file(if observes { OBSERVING_HEADER } else { UP_HEADER }, self.ups())
    }

    /// The contents of `down.sql`.
    #[must_use]
    pub fn down_sql(&self) -> String {
        file(DOWN_HEADER, self.downs())
    }

    /// The changes, by object.
    fn ups(&self) -> impl Iterator<Item = Vec<&Sql>> {
        self.parts().map(|steps| steps.iter().map(|step| &step.up).collect())
    }

    /// What takes them back, from the last one to the first.
    fn downs(&self) -> impl Iterator<Item = Vec<&Sql>> {
        let parts = self.parts().map(|steps| steps.iter().rev().map(|step| &step.down).collect());
        let parts: Vec<_> = parts.collect();
        parts.into_iter().rev()
    }

    /// The steps of one object each.
    fn parts(&self) -> impl Iterator<Item = &[Step]> {
        let shared = self.functions.iter().chain(&self.hardening).map(std::slice::from_ref);
        shared.chain(self.tables.iter().map(|table| &*table.steps))
    }
}

const UP_HEADER: &str = "\
-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see \"tenants\".\"current_tenant\"(), which all policies and defaults below name.
";

const OBSERVING_HEADER: &str = "\
-- Written by `tenants migration generate --observe`. Nothing keeps the rows of tenants apart yet: policies
-- named \"tenants_observe\" let every row through, and record what enforced ones would hide or refuse.
";

const DOWN_HEADER: &str = "\
-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
";

/// What each file begins with, whatever it does.
const ROW_SECURITY: &str =
    "-- An error instead of silence if a statement would need to see the rows of all tenants:";
const LOCK_TIMEOUT: &str = "\
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.";

fn file<'a>(header: &str, parts: impl Iterator<Item = Vec<&'a Sql>>) -> String {
    let mut file = String::from(header);
    // Writing to a String cannot fail.
    let _ = writeln!(file, "{ROW_SECURITY}\n{};", row_security::off_for_this_transaction());
    let _ = writeln!(file, "{LOCK_TIMEOUT}\n{};", lock_timeout::for_this_transaction());
    for statements in parts {
        file.push('\n');
        for statement in statements {
            let _ = writeln!(file, "{statement};");
        }
    }
    file
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalog::{Column, Database, Function, Kind, Relation, Schema};
    use crate::ddl::function;
    use crate::quote::Deparsed;
    use crate::table::{Keys, Tenancy, TenantType};

    fn name(schema: &str, table: &str) -> TableName {
        let [schema, table] = [schema, table].map(|name| Identifier::new(name).unwrap());
        TableName::new(Some(schema), table)
    }

    fn registry(tables: &[TableName]) -> Registry {
        let column = Identifier::new("tenant").unwrap();
        Registry::new(tables.iter().map(|name| Table {
            name: name.clone(),
            tenancy: Tenancy::PerTenant { column: column.clone(), column_type: TenantType::Text },
            primary_key: vec![],
            columns: vec![column.clone()],
            declarations: vec![],
            keys: Keys::AsTheyAre,
            parent: None,
        }))
        .unwrap()
    }

    fn catalog(tables: &[TableName]) -> Catalog {
        let relation = |name: &TableName| Relation {
            name: name.clone(),
            root: name.clone(),
            ancestors: [].into(),
            kind: Kind::Table,
            row_security: false,
            force_row_security: false,
            is_owned_by_app: false,
            tenant_column: Some(Column {
                quoted_name: "tenant".into(),
                type_name: "text".into(),
                full_type: Deparsed::from_catalog("text".into()),
                is_ambiguous: false,
                is_generated: false,
                not_null: true,
                default: None,
                leads_index: true,
                indexes: vec![],
                checks: vec![],
            }),
            app_privileges: [].into(),
            admin_privileges: [].into(),
            policies: vec![],
            sequences: vec![],
            grants: vec![],
            keys: vec![],
            views: vec![],
        };
        let schema = Schema { app_usage: false, admin_usage: false, relation_names: [].into() };
        Catalog {
            database: Database {
                is_installed: true,
                has_app: true,
                has_admin: true,
                app_verifies: true,
                signing: Signing::Off,
            },
            schemas: tables.iter().map(|t| (t.schema().clone(), schema.clone())).collect(),
            relations: tables.iter().map(|t| (t.clone(), relation(t))).collect(),
            untagged: vec![],
            functions: function::definitions().map(installed).collect(),
            unique_keys: vec![],
            foreign_keys: vec![],
        }
    }

    fn installed((signature, definition): (&str, &str)) -> Function {
        let definition = Deparsed::from_catalog(definition.to_owned());
        Function { signature: signature.to_owned(), definition }
    }

    fn plan(tables: &[TableName]) -> Plan {
        Plan::new(&registry(tables), &catalog(tables), &Roles::default()).unwrap()
    }

    #[test]
    fn no_role_may_read_a_table_before_it_has_its_policies() {
        for table in plan(&[name("a", "x"), name("a", "y"), name("b", "z")]).tables {
            let is_grant = |step: &Step| step.up.as_str().starts_with("GRANT");
            let first_grant = table.steps.iter().position(is_grant).unwrap();
            assert!(table.steps[first_grant..].iter().all(is_grant));
            let before: Vec<_> = table.steps[..first_grant].iter().map(|s| s.up.as_str()).collect();
            assert_eq!(before.iter().filter(|up| up.starts_with("CREATE POLICY")).count(), 3);
        }
    }

    #[test]
    fn no_two_indexes_have_one_name() {
        let tables = ["1", "2"].map(|end| name("a", &("x".repeat(62) + end)));
        let mut catalog = catalog(&tables);
        for relation in catalog.relations.values_mut() {
            relation.tenant_column.as_mut().unwrap().leads_index = false;
        }
        let plan = Plan::new(&registry(&tables), &catalog, &Roles::default()).unwrap();
        let ups = plan.tables.iter().flat_map(|table| &table.steps).map(|step| step.up.as_str());
        let names = ups.filter_map(|up| up.strip_prefix("CREATE INDEX ")?.split_once(" ON "));
        let names: BTreeSet<_> = names.map(|(name, _)| name).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[test]
    fn a_schema_is_opened_once() {
        let up = plan(&[name("a", "x"), name("a", "y"), name("b", "z")]).up_sql();
        assert_eq!(up.matches("GRANT USAGE ON SCHEMA \"a\"").count(), 1, "{up}");
        assert_eq!(up.matches("GRANT USAGE ON SCHEMA \"b\"").count(), 1, "{up}");
    }

    #[test]
    fn down_is_up_read_backwards() {
        let plan = plan(&[name("a", "x"), name("b", "z")]);
        let steps: Vec<_> = plan.tables.iter().flat_map(|table| &table.steps).collect();
        let mut rest = plan.down_sql();
        for step in steps.iter().rev() {
            let (_, after) = rest.split_once(step.down.as_str()).unwrap();
            rest = after.to_owned();
        }
        assert_eq!(rest, ";\n");
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let tables = [name("a", "x"), name("a", "y")];
        let nothing = Catalog {
            database: Database {
                is_installed: false,
                has_app: false,
                has_admin: true,
                app_verifies: false,
                signing: Signing::Off,
            },
            schemas: BTreeMap::new(),
            relations: BTreeMap::new(),
            untagged: vec![],
            functions: vec![],
            unique_keys: vec![],
            foreign_keys: vec![],
        };
        let refused = Plan::new(&registry(&tables), &nothing, &Roles::default()).unwrap_err();
        let missing = |table: &TableName| Fault::TableMissing { table: table.clone() };
        let role = Roles::default().app;
        let roles = [Fault::NotInstalled, Fault::RoleMissing { role }];
        assert_eq!(refused.0, [&roles[..], &tables.each_ref().map(missing)].concat());
        assert_eq!(refused.to_string().lines().count(), 4);
    }
}
