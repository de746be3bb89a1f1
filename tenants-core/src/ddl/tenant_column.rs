//! A tenant column for a table whose rows belong to those of another one, which say whose they are.

use crate::catalog::{ForeignKey, Kind};
use crate::quote::{Body, Identifier, List, Literal, Sql, TableName, sql};
use crate::table::TenantType;

/// The constraint that an error of [`refuse_orphans`] names.
pub const ORPHANS: &str = "tenants_rows_without_parent";

/// Adds the column, on the table and all that inherits from it: partitions as well. It is NULL in each row, so none is
/// written.
#[must_use]
pub fn add(table: &TableName, column: &Identifier, column_type: TenantType) -> Sql {
    sql!(
        "ALTER TABLE {table} ADD COLUMN {column} {column_type}",
        table = table,
        column = column,
        column_type = Sql::fixed(column_type.sql_name()),
    )
}

/// Takes [`add`] back.
#[must_use]
pub fn drop(table: &TableName, column: &Identifier) -> Sql {
    sql!("ALTER TABLE {table} DROP COLUMN IF EXISTS {column}", table = table, column = column)
}

/// Writes into each row the tenant of the row that it references. `kinds`: of both tables.
///
/// A foreign key is about the two tables alone. One that inherits from the parent may hold a row of the same key, and of
/// another tenant; partitions are the table.
#[must_use]
pub fn fill(key: &ForeignKey, column: &Identifier, kinds: [Kind; 2]) -> Sql {
    let [table, parent] = [(kinds[0], &key.table), (kinds[1], &key.references)].map(alone);
    let of = |side: &'static str, columns: &[Identifier]| -> Vec<Sql> {
        let side = Sql::fixed(side);
        columns.iter().map(|column| sql!("{side}.{column}", side = side, column = column)).collect()
    };
    sql!(
        "UPDATE {table} AS \"child\" SET {column} = \"parent\".{tenant}
    FROM {parent} AS \"parent\"
    WHERE ({referenced}) = ({own})",
        table = table,
        column = column,
        tenant = key.referenced_tenant,
        parent = parent,
        referenced = List(&of("\"parent\"", &key.referenced_columns)),
        own = List(&of("\"child\"", &key.columns)),
    )
}

fn alone((kind, table): (Kind, &TableName)) -> Sql {
    match kind {
        Kind::Partitioned => sql!("{table}", table = table),
        _ => sql!("ONLY {table}", table = table),
    }
}

/// Fails, and says how many there are, if rows reference none: nobody could say whose they are.
#[must_use]
pub fn refuse_orphans(key: &ForeignKey, column: &Identifier) -> Sql {
    let (table, parent) = (key.table.to_string(), key.references.to_string());
    let body = sql!(
        "DECLARE
    orphans bigint;
BEGIN
    SELECT count(*) INTO orphans FROM {table} WHERE {column} IS NULL;
    IF orphans > 0 THEN
        RAISE not_null_violation USING
            MESSAGE = format('%s rows of %s reference no row of %s, which would say whose they are', orphans, {named}, {parent}),
            HINT = 'Give each of them a parent, or delete them.',
            CONSTRAINT = {constraint};
    END IF;
END",
        table = key.table,
        column = column,
        named = Literal::new(&table),
        parent = Literal::new(&parent),
        constraint = Literal::new(ORPHANS),
    );
    sql!("DO {body}", body = Body(&body))
}
