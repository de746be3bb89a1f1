//! How long a migration waits for a lock.

use crate::quote::Sql;

/// Gives up on a lock that others hold, instead of waiting for it: until it is given, every later
/// statement on the table waits behind the migration, also those that only read.
///
/// See [`lock_timeout`](https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT).
#[must_use]
pub fn for_this_transaction() -> Sql {
    Sql::fixed("SET LOCAL lock_timeout = '5s'")
}
