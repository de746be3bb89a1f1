//! The index that makes a tenant's rows cheap to find.

use crate::quote::{Identifier, Sql, TableName, sql};

/// A name for the index, such as `posts_tenant_idx`, that no relation of the schema has yet.
#[must_use]
pub fn name(table: &TableName, is_taken: impl Fn(&Identifier) -> bool) -> Identifier {
    let mut name = table.name().with_suffix("_tenant_idx");
    let mut number: u32 = 0;
    while is_taken(&name) {
        number += 1;
        name = table.name().with_suffix(&format!("_tenant_idx{number}"));
    }
    name
}

/// Creates an index on the tenant column.
#[must_use]
pub fn create(name: &Identifier, table: &TableName, column: &Identifier) -> Sql {
    sql!("CREATE INDEX {name} ON {table} ({column})", name = name, table = table, column = column)
}

/// Removes the index, or nothing: the table may have been dropped and created again since it was made.
#[must_use]
pub fn drop(name: &Identifier, table: &TableName) -> Sql {
    let index = TableName::new(Some(table.schema().clone()), name.clone());
    sql!("DROP INDEX IF EXISTS {index}", index = index)
}
