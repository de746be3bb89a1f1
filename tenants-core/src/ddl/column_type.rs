//! The type of a tenant column.

use crate::quote::{Deparsed, Identifier, Sql, TableName, sql};
use crate::table::TenantType;

/// Changes the type of the tenant column, of partitions as well. The ids stay, spelled as they are.
#[must_use]
pub fn change(table: &TableName, column: &Identifier, to: TenantType) -> Sql {
    let to = Sql::fixed(to.sql_name());
    sql!(
        "ALTER TABLE {table} ALTER COLUMN {column} TYPE {to} USING {column}::text::{to}",
        table = table,
        column = column,
        to = to,
    )
}

/// Takes [`change`] back, to the type as the server wrote it down.
#[must_use]
pub fn restore(table: &TableName, column: &Identifier, previous: &Deparsed) -> Sql {
    sql!(
        "ALTER TABLE {table} ALTER COLUMN {column} TYPE {previous} USING {column}::text::{previous}",
        table = table,
        column = column,
        previous = previous,
    )
}
