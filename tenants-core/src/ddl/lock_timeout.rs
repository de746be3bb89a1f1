//! How long a migration waits for a lock.

use crate::quote::{Sql, TableName, sql};

/// Gives up on a lock that others hold, instead of waiting for it: until it is given, every later
/// statement on the table waits behind the migration, also those that only read.
///
/// See [`lock_timeout`](https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT).
#[must_use]
pub fn for_this_transaction() -> Sql {
    Sql::fixed("SET LOCAL lock_timeout = '5s'")
}

/// Locks a table and its partitions for a migration of a live database, so that nobody waits for longer than a moment.
///
/// First against what else changes definitions, which holds no statement of the application up: for this lock
/// autovacuum gives way after a second, which is later than the last one gives up. Then against everybody. The time
/// of a statement counts for all partitions together, where `lock_timeout` would count for each.
#[must_use]
pub fn at_once(table: &TableName) -> Sql {
    Sql::lines([
        for_this_transaction(),
        sql!("LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE", table = table),
        Sql::fixed("SET LOCAL statement_timeout = '500ms'"),
        sql!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", table = table),
        Sql::fixed("SET LOCAL statement_timeout TO DEFAULT"),
        Sql::fixed("SET LOCAL lock_timeout = '500ms'"),
    ])
}
