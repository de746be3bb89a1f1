//! The rows of one tenant in all of its tables: how they are read, written out and deleted.
//!
//! For the operator who exports or erases a tenant, across all scopes: as the admin role, or as a login that no
//! policy binds. Whoever is bound reads no rows and hears of no error, so [`TABLES`] asks first.

mod order;

use thiserror::Error;

use crate::catalog::Kind;
use crate::quote::{Identifier, List, Sql, TableName, sql};
use crate::registry::Registry;
use crate::table::Tenancy;
use crate::tenant_id::{TenantId, TenantIdError};

pub use order::{Group, groups};

/// One row: whether the session may become the role `$1`, as column `found`.
pub const MAY_BECOME: &str = include_str!("rows/may_become.sql");
/// One row: the status of the tenant `$1`, or NULL if there is no such tenant, as column `status`.
pub const STATUS: &str = r#"SELECT "tenants"."tenant_status"($1) AS "status""#;
/// Has values written so that every session reads them alike. `pg_dump` does the same.
pub const SPELLING: &str = "SET LOCAL \"datestyle\" = 'ISO'; SET LOCAL \"intervalstyle\" = 'postgres'; \
    SET LOCAL \"extra_float_digits\" = 3; SET LOCAL \"bytea_output\" = 'hex'; SET LOCAL \"xmloption\" = 'content'";
/// One row for each of the tables that is there: [`LiveTable`]. `$1`, `$2`: schemas and names.
pub const TABLES: &str = include_str!("rows/tables.sql");
/// One row for each foreign key of the database: [`ForeignKey`]. `$1`, `$2`: schemas and names of the tables of
/// tenants, which stand for their partitions.
pub const FOREIGN_KEYS: &str = include_str!("rows/foreign_keys.sql");

/// Takes on a role until the transaction ends.
#[must_use]
pub fn become_role(role: &Identifier) -> Sql {
    sql!("SET LOCAL ROLE {role}", role = role)
}

/// A registered table that holds rows of tenants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TenantTable {
    /// Schema and name.
    pub name: TableName,
    /// The tenant column.
    pub column: Identifier,
}

/// What the server says of a [`TenantTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTable {
    /// Schema and name.
    pub name: TableName,
    /// What it is.
    pub kind: Kind,
    /// Whether policies are asked for each row that the current role reads, even if they let all through.
    pub is_filtered: bool,
    /// Whether policies keep rows from the current role.
    pub is_hidden: bool,
    /// Its columns, in order, without those that are generated.
    pub columns: Vec<Identifier>,
    /// The tables that inherit from it and are not registered, as `schema.table`; partitions aside.
    pub heirs: Vec<String>,
}

/// A foreign key, of a table or of one of its partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The table that references.
    pub from: TableName,
    /// The table that is referenced.
    pub to: TableName,
    /// Whether a row that goes takes those along, or changes those, that reference it.
    pub changes_rows: bool,
    /// The columns of both, pair by pair.
    pub columns: Vec<(Identifier, Identifier)>,
}

/// Why the rows of a tenant cannot be told apart or seen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TableFault {
    /// It is not there.
    #[error("table {0} is registered but does not exist: apply the migration that creates it")]
    Missing(TableName),
    /// It holds no rows of its own.
    #[error("{0} is registered but is no table: tag the tables that hold the rows")]
    NoTable(TableName),
    /// Policies bind whoever asks. Rows would be missing without an error.
    #[error(
        "policies hide rows of {0} from this role, and it would find none without an error: connect as the login for cross-tenant work (`tenants setup --admin-login ..`), or apply what `tenants migration generate` writes"
    )]
    Hidden(TableName),
}

/// The tables of tenants among the registered ones, sorted by name.
///
/// # Errors
///
/// [`TenantIdError`] if one of their columns spells the id differently.
pub fn of_tenant(registry: &Registry, id: &TenantId) -> Result<Vec<TenantTable>, TenantIdError> {
    let mut tables = Vec::new();
    for table in registry.tables() {
        if let Tenancy::PerTenant { column, column_type } = &table.tenancy {
            id.fits(*column_type)?;
            tables.push(TenantTable { name: table.name.clone(), column: column.clone() });
        }
    }
    Ok(tables)
}

/// Checks that all of the tables are there, and that all of their rows can be seen.
///
/// # Errors
///
/// The first [`TableFault`].
pub fn check(tables: &[TenantTable], live: &[LiveTable]) -> Result<(), TableFault> {
    for table in tables {
        match live.iter().find(|live| live.name == table.name) {
            None => return Err(TableFault::Missing(table.name.clone())),
            Some(LiveTable { kind: Kind::Other, .. }) => {
                return Err(TableFault::NoTable(table.name.clone()));
            }
            Some(live) if live.is_hidden => return Err(TableFault::Hidden(table.name.clone())),
            Some(_) => {}
        }
    }
    Ok(())
}

impl LiveTable {
    /// Takes rows back that [`copy_out`](TenantTable::copy_out) wrote.
    #[must_use]
    pub fn copy_in(&self) -> Sql {
        sql!(
            "COPY {table} ({columns}) FROM STDIN",
            table = self.name,
            columns = List(&self.columns)
        )
    }
}

impl TenantTable {
    /// Keeps the policies of the table as they are until the transaction ends. `None` where there is no table.
    #[must_use]
    pub fn lock(tables: &[Self]) -> Option<Sql> {
        let names: Vec<_> = tables.iter().map(|table| &table.name).collect();
        let lock = || sql!("LOCK TABLE {names} IN ACCESS SHARE MODE", names = List(&names));
        (!names.is_empty()).then(lock)
    }

    /// One row: how many rows the tenant has.
    #[must_use]
    pub fn count(&self, id: &TenantId) -> Sql {
        sql!("SELECT count(*) FROM {table} WHERE {own}", table = self.name, own = self.own(id))
    }

    /// Writes the tenant's rows out. A table that others inherit from does not speak for these.
    #[must_use]
    pub fn copy_out(&self, live: &LiveTable, id: &TenantId) -> Sql {
        let (columns, own) = (List(&live.columns), self.own(id));
        let rows = match live.kind {
            Kind::Table => sql!(
                "SELECT {columns} FROM ONLY {table} WHERE {own}",
                columns = columns,
                table = self.name,
                own = own
            ),
            _ => sql!(
                "SELECT {columns} FROM {table} WHERE {own}",
                columns = columns,
                table = self.name,
                own = own
            ),
        };
        sql!("COPY ({rows}) TO STDOUT", rows = rows)
    }

    /// Deletes up to `$1` rows.
    ///
    /// Partitions have rows of the same `ctid`. Of those, too, only the tenant's go.
    #[must_use]
    pub fn delete_batch(&self, id: &TenantId) -> Sql {
        sql!(
            "DELETE FROM {table}
WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {own} LIMIT $1::bigint))
    AND {own}",
            table = self.name,
            own = self.own(id),
        )
    }

    /// Deletes all rows of tables that reference each other, in one statement: foreign keys are checked at its
    /// end. One row: how many went, in the order of the tables, as an array.
    #[must_use]
    pub fn delete_circle(tables: &[Self], id: &TenantId) -> Sql {
        let (mut deletions, mut counts) = (Vec::new(), Vec::new());
        for (number, table) in tables.iter().enumerate() {
            let name = Identifier::fixed("gone").with_suffix(&format!("_{number}"));
            deletions.push(sql!(
                "{name} AS (DELETE FROM {table} WHERE {own} RETURNING 1)",
                name = name,
                table = table.name,
                own = table.own(id),
            ));
            counts.push(sql!("(SELECT count(*) FROM {name})", name = name));
        }
        sql!(
            "WITH {deletions} SELECT ARRAY[{counts}]",
            deletions = List(&deletions),
            counts = List(&counts),
        )
    }

    /// One row: whether rows of others reference the tenant's rows by a key that would change or delete them
    /// with these. `None` where the key itself keeps tenants apart, or lets no row go that is referenced.
    #[must_use]
    pub fn strangers(tables: &[Self], key: &ForeignKey, id: &TenantId) -> Option<Sql> {
        let find = |name: &TableName| tables.iter().find(|table| table.name == *name);
        let (from, to) = (find(&key.from)?, find(&key.to)?);
        let holds_tenant =
            key.columns.iter().any(|(own, other)| *own == from.column && *other == to.column);
        if holds_tenant || !key.changes_rows {
            return None;
        }
        let (own, other): (Vec<_>, Vec<_>) = key
            .columns
            .iter()
            .map(|(own, other)| (sql!("c.{own}", own = own), sql!("p.{other}", other = other)))
            .unzip();
        Some(sql!(
            "SELECT EXISTS (
    SELECT
    FROM {from} AS c
    JOIN {to} AS p ON ({own}) = ({other})
    WHERE p.{to_column} = {id} AND c.{from_column} IS DISTINCT FROM {id}
)",
            from = from.name,
            to = to.name,
            own = List(&own),
            other = List(&other),
            to_column = to.column,
            from_column = from.column,
            id = id.literal(),
        ))
    }

    /// What tells the tenant's rows from others.
    fn own(&self, id: &TenantId) -> Sql {
        sql!("{column} = {id}", column = self.column, id = id.literal())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn identifier(name: &str) -> Identifier {
        Identifier::new(name).unwrap()
    }

    fn table(name: &str) -> TenantTable {
        TenantTable { name: TableName::new(None, identifier(name)), column: identifier("tenant") }
    }

    fn live(name: &str) -> LiveTable {
        LiveTable {
            name: table(name).name,
            kind: Kind::Table,
            is_filtered: false,
            is_hidden: false,
            columns: vec![identifier("id"), identifier("a\"b")],
            heirs: vec![],
        }
    }

    #[test]
    fn statements_take_names_and_ids_for_nothing_else() {
        let (table, id) = (table("we\"ird"), TenantId::try_from("o'clock").unwrap());
        let own = r#""tenant" = 'o''clock'"#;
        assert_eq!(
            table.copy_out(&live("we\"ird"), &id).as_str(),
            format!(
                r#"COPY (SELECT "id", "a""b" FROM ONLY "public"."we""ird" WHERE {own}) TO STDOUT"#
            )
        );
        assert_eq!(
            table.delete_batch(&id).as_str(),
            format!(
                r#"DELETE FROM "public"."we""ird"
WHERE ctid = ANY (ARRAY(SELECT ctid FROM "public"."we""ird" WHERE {own} LIMIT $1::bigint))
    AND {own}"#
            )
        );
        assert_eq!(
            TenantTable::delete_circle(&[table], &id).as_str(),
            format!(
                r#"WITH "gone_0" AS (DELETE FROM "public"."we""ird" WHERE {own} RETURNING 1) SELECT ARRAY[(SELECT count(*) FROM "gone_0")]"#
            )
        );
    }

    #[test]
    fn only_keys_without_the_tenant_reach_strangers() {
        let id = TenantId::from(7);
        let tables = [table("a"), table("b")];
        let key = |columns: &[(&str, &str)], changes_rows| ForeignKey {
            from: table("a").name,
            to: table("b").name,
            changes_rows,
            columns: columns.iter().map(|(a, b)| (identifier(a), identifier(b))).collect(),
        };
        let strangers = |key| TenantTable::strangers(&tables, &key, &id);
        let asked = strangers(key(&[("b_id", "id"), ("x", "y")], true)).unwrap();
        assert!(asked.as_str().contains(r#"ON (c."b_id", c."x") = (p."id", p."y")"#), "{asked}");
        assert_eq!(strangers(key(&[("b_id", "id")], false)), None);
        assert_eq!(strangers(key(&[("tenant", "tenant"), ("b_id", "id")], true)), None);
        assert!(strangers(key(&[("tenant", "id")], true)).is_some());
        let elsewhere = ForeignKey { to: table("plans").name, ..key(&[("b_id", "id")], true) };
        assert_eq!(strangers(elsewhere), None);
    }

    #[test]
    fn no_table_is_passed_over() {
        let tables = [table("a"), table("b")];
        assert_eq!(check(&tables, &[live("a"), live("b")]), Ok(()));
        assert_eq!(check(&tables, &[live("a")]), Err(TableFault::Missing(table("b").name)));
        let hidden = LiveTable { is_hidden: true, ..live("b") };
        assert_eq!(check(&tables, &[live("a"), hidden]), Err(TableFault::Hidden(table("b").name)));
        let view = LiveTable { kind: Kind::Other, ..live("a") };
        assert_eq!(check(&tables, &[view, live("b")]), Err(TableFault::NoTable(table("a").name)));
    }
}
