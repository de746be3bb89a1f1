//! Why no migration can be written: the registry and the database disagree.

use std::fmt;

use thiserror::Error;

use crate::catalog::{Catalog, Column, Kind, Relation};
use crate::ddl::function;
use crate::quote::{Identifier, TableName};
use crate::registry::Registry;
use crate::roles::Roles;
use crate::signature::Signing;
use crate::table::{Table, Tenancy, TenantType};

use super::retype;

/// One disagreement between the registered tables and the live database.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// Schema `tenants` has no function `current_tenant`.
    #[error("schema `tenants` is not installed in this database: run `tenants setup`")]
    NotInstalled,
    /// A role is not there.
    #[error("role `{}` does not exist: run `tenants setup`", role.as_str())]
    RoleMissing {
        /// The role.
        role: Identifier,
    },
    /// Guards that ask for signatures would refuse everything.
    #[error(
        "role `{}` may not call `tenants.verified_tenant()`, which signed scopes need: run `tenants setup`",
        role.as_str()
    )]
    MayNotVerify {
        /// The runtime role.
        role: Identifier,
    },
    /// The function decides which tenant policies compare with, and only its owner knows which of two it is to be.
    #[error(
        "`tenants.current_tenant()` is another function than `tenants` installs: run `tenants setup --isolation ..`"
    )]
    CurrentTenant,
    /// The schema is of an older version, or somebody dropped a function.
    #[error("the function `{function}` is missing: run `tenants setup`")]
    FunctionMissing {
        /// The function and the types of its parameters.
        function: &'static str,
    },
    /// A registered table is not there.
    #[error(
        "table `{table}` is registered but not in the database: run `diesel migration run` first, or remove its `#[derive(WithRls)]`"
    )]
    TableMissing {
        /// The table.
        table: TableName,
    },
    /// A table has a tenant column, and nothing protects it.
    #[error(
        "`{table}` has a column of the name of a tenant column, and is neither tagged nor declared: tag its struct with `#[derive(WithRls)]`, or declare it with `global_tables!`"
    )]
    Untagged {
        /// The table.
        table: TableName,
    },
    /// A view, foreign table or the like cannot have policies.
    #[error(
        "`{table}` cannot have row-level security: it is no table; remove its `#[derive(WithRls)]` or detach it"
    )]
    NoTable {
        /// The relation.
        table: TableName,
    },
    /// Scoped code may drop the policies.
    #[error(
        "table `{table}` is owned by the runtime role, and an owner may drop policies: `ALTER TABLE {table} OWNER TO ..`"
    )]
    OwnedByApp {
        /// The table.
        table: TableName,
    },
    /// The tenant column is not there.
    #[error(
        "table `{table}` has no column `{}`: run `diesel migration run` first, name the tenant column with `#[tenants(column = ..)]`, or name the table that says whose the rows are with `#[tenants(parent = ..)]`",
        column.as_str()
    )]
    ColumnMissing {
        /// The table.
        table: TableName,
        /// The tenant column.
        column: Identifier,
    },
    /// The tenant column has another type than Diesel's `table!` says.
    #[error(
        "the tenant column `{}` of table `{table}` is registered as {registered}, but is {live} in the database: run `diesel print-schema`",
        column.as_str()
    )]
    ColumnType {
        /// The table.
        table: TableName,
        /// The tenant column.
        column: Identifier,
        /// Its type in the registry.
        registered: TenantType,
        /// Its type in the database.
        live: String,
    },
    /// The tenant column fills itself.
    #[error(
        "the tenant column `{}` of table `{table}` is an identity or generated column: the current tenant cannot be its default",
        column.as_str()
    )]
    ColumnGenerated {
        /// The table.
        table: TableName,
        /// The tenant column.
        column: Identifier,
    },
    /// The collation takes two tenants for one.
    #[error(
        "the tenant column `{}` of table `{table}` has a nondeterministic collation, for which the ids of two tenants may be equal: give it `COLLATE \"C\"`",
        column.as_str()
    )]
    ColumnAmbiguous {
        /// The table.
        table: TableName,
        /// The tenant column.
        column: Identifier,
    },
    /// Whoever reads a table reads what inherits from it, by the policies of the former alone.
    #[error(
        "`{global}` is declared as global, but the table `{table}`, whose rows belong to tenants, inherits from it, and whoever reads the former reads these rows, too: tag both alike, or `ALTER TABLE {table} NO INHERIT ..` (`ALTER TABLE .. DETACH PARTITION`)"
    )]
    GlobalAboveTenants {
        /// The global table.
        global: TableName,
        /// The table of tenants.
        table: TableName,
    },
    /// An observing policy lets everything through, also what other policies hide.
    #[error(
        "`{table}` cannot be observed: row-level security is on already, or it has policies of its own, and an observing policy would show what they hide: enforce it (`tenants migration generate` without `--observe`), or drop them first"
    )]
    ObservationOpens {
        /// The table.
        table: TableName,
    },
    /// The rows of a partition are rows of the table that it belongs to.
    #[error(
        "`{global}` is declared as global, but inherits from `{table}`, whose rows belong to tenants: take it out of `global_tables!` (it is then protected with `{table}`), or `ALTER TABLE {global} NO INHERIT ..` (`ALTER TABLE .. DETACH PARTITION`)"
    )]
    GlobalBelowTenants {
        /// The global table.
        global: TableName,
        /// The table of tenants.
        table: TableName,
    },
    /// The tenant column is missing, and no foreign key says where the tenant of a row is to come from.
    #[error(
        "table `{table}` is to get its tenant column from `{parent}`, to which not exactly one foreign key leads: add the column in a migration of your own, or name another table with `#[tenants(parent = ..)]`"
    )]
    NoKeyToParent {
        /// The table.
        table: TableName,
        /// The table that is to say whose the rows are.
        parent: TableName,
    },
    /// The tenant column is missing, and the other table does not know the tenant in a way that fits.
    #[error(
        "table `{table}` is to get its tenant column from `{parent}`, which has none of the same type: tag that table too, and give both the same type in `table!`"
    )]
    ParentWithoutTenant {
        /// The table.
        table: TableName,
        /// The table that is to say whose the rows are.
        parent: TableName,
    },
}

/// The registered tables and the live database disagree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Refused(pub Vec<Fault>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

pub(super) fn of_database(catalog: &Catalog, roles: &Roles, signing: Signing) -> Vec<Fault> {
    let database = catalog.database;
    let missing = |is_there: bool, role: &Identifier| {
        (!is_there).then(|| Fault::RoleMissing { role: role.clone() })
    };
    let installed = (!database.is_installed).then_some(Fault::NotInstalled);
    let may_verify = signing == Signing::Off || database.app_verifies || !database.has_app;
    let unverified = (!may_verify).then(|| Fault::MayNotVerify { role: roles.app.clone() });
    let replaced = database.is_installed && function::isolation(&catalog.functions).is_none();
    let replaced = replaced.then_some(Fault::CurrentTenant);
    let (app, admin) =
        (missing(database.has_app, &roles.app), missing(database.has_admin, &roles.admin));
    let missing = function::missing(&catalog.functions);
    let missing = missing.map(|function| Fault::FunctionMissing { function });
    let missing = missing.filter(|_| database.is_installed);
    [installed, replaced, app, admin, unverified].into_iter().flatten().chain(missing).collect()
}

pub(super) fn of_table(table: &Table, registry: &Registry, catalog: &Catalog) -> Vec<Fault> {
    if !catalog.relations.contains_key(&table.name) {
        return vec![Fault::TableMissing { table: table.name.clone() }];
    }
    let tree = catalog.relations.values().filter(|relation| relation.root == table.name);
    tree.flat_map(|relation| match &table.tenancy {
        Tenancy::Global(_) => inheritance(relation, registry, catalog),
        Tenancy::PerTenant { column, column_type } => of_relation(relation, column, *column_type),
    })
    .collect()
}

/// What a global table and tables of tenants inherit from each other.
fn inheritance(global: &Relation, registry: &Registry, catalog: &Catalog) -> Vec<Fault> {
    let is_of_tenants = |table: &&TableName| {
        registry.table(table).is_some_and(|table| table.tenant_type().is_some())
    };
    let name = || global.name.clone();
    let above = global.ancestors.iter().filter(is_of_tenants);
    let below = catalog.relations.values().filter(|other| other.ancestors.contains(&global.name));
    let below = below.map(|other| &other.name).filter(is_of_tenants);
    below
        .map(|table| Fault::GlobalAboveTenants { global: name(), table: table.clone() })
        .chain(
            above.map(|table| Fault::GlobalBelowTenants { global: name(), table: table.clone() }),
        )
        .collect()
}

fn of_relation(relation: &Relation, column: &Identifier, column_type: TenantType) -> Vec<Fault> {
    let table = relation.name.clone();
    if relation.kind == Kind::Other {
        return vec![Fault::NoTable { table }];
    }
    if relation.is_owned_by_app {
        return vec![Fault::OwnedByApp { table }];
    }
    let Some(live) = &relation.tenant_column else {
        return vec![Fault::ColumnMissing { table, column: column.clone() }];
    };
    let other_type = !column_type.is(&live.type_name) && !retype::is_ours_to_do(relation, live);
    let other_type = other_type.then(|| Fault::ColumnType {
        table: table.clone(),
        column: column.clone(),
        registered: column_type,
        live: live.type_name.clone(),
    });
    other_type.or_else(|| of_column(&table, column, live)).into_iter().collect()
}

fn of_column(table: &TableName, column: &Identifier, live: &Column) -> Option<Fault> {
    let (table, column) = (table.clone(), column.clone());
    if live.is_generated {
        Some(Fault::ColumnGenerated { table, column })
    } else if live.is_ambiguous {
        Some(Fault::ColumnAmbiguous { table, column })
    } else {
        None
    }
}
