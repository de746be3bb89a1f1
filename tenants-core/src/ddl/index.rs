//! The index that makes a tenant's rows cheap to find.

use crate::quote::{Body, Identifier, Literal, Sql, TableName, sql};

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

/// The same as [`create`], while others write. PostgreSQL refuses it inside of a transaction, and on a
/// partitioned table.
#[must_use]
pub fn create_concurrently(name: &Identifier, table: &TableName, column: &Identifier) -> Sql {
    sql!(
        "CREATE INDEX CONCURRENTLY {name} ON {table} ({column})",
        name = name,
        table = table,
        column = column,
    )
}

/// Takes [`create_concurrently`] back, and removes what is left of one that failed.
#[must_use]
pub fn drop_concurrently(name: &Identifier, table: &TableName) -> Sql {
    let index = TableName::new(Some(table.schema().clone()), name.clone());
    sql!("DROP INDEX CONCURRENTLY IF EXISTS {index}", index = index)
}

/// Fails unless each partition has an index that [`create`] on the partitioned table takes over: it would build
/// those that are missing, while the table is locked.
#[must_use]
pub fn refuse_partitions_without(table: &TableName, column: &Identifier) -> Sql {
    let message = format!(
        "a partition of {table} has no valid index on the tenant column alone, or one that is INVALID beside it: drop that, and build one with CREATE INDEX CONCURRENTLY"
    );
    let (root, name) = (table.to_string(), column.as_str());
    let body = sql!(
        "BEGIN
    IF EXISTS (
        SELECT
        FROM pg_catalog.pg_partition_tree({root}) AS t
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.relid AND a.attname = {column}
        WHERE t.isleaf AND (
            SELECT coalesce(pg_catalog.bool_and(x.indisvalid), false)
            FROM pg_catalog.pg_index AS x
            WHERE x.indrelid = t.relid AND x.indnatts = 1 AND x.indkey[0] = a.attnum
                AND NOT x.indisunique AND x.indpred IS NULL
        ) IS FALSE
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = {message};
    END IF;
END",
        root = Literal::new(&root),
        column = Literal::new(name),
        message = Literal::new(&message),
    );
    sql!("DO {body}", body = Body(&body))
}
