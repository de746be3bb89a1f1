//! The tenant column of a table that has none yet.

use crate::quote::{Identifier, Sql, TableName, sql};
use crate::table::TenantType;

/// Adds the column, of partitions as well. Without a value, so that no row is written.
#[must_use]
pub fn add(table: &TableName, column: &Identifier, column_type: TenantType) -> Sql {
    sql!(
        "ALTER TABLE {table} ADD COLUMN {column} {column_type}",
        table = table,
        column = column,
        column_type = Sql::fixed(column_type.sql_name()),
    )
}

/// Takes [`add`] back, with all that was filled in.
#[must_use]
pub fn drop(table: &TableName, column: &Identifier) -> Sql {
    sql!("ALTER TABLE {table} DROP COLUMN IF EXISTS {column}", table = table, column = column)
}
