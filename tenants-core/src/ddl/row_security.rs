//! Row-level security of a table, on and off.

use crate::quote::{Sql, TableName, sql};

/// Turns row-level security on: without a policy, the table then shows no rows.
#[must_use]
pub fn enable(table: &TableName) -> Sql {
    sql!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", table = table)
}

/// Takes [`enable`] back.
#[must_use]
pub fn disable(table: &TableName) -> Sql {
    sql!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", table = table)
}

/// Binds the owner too, and with it the views and functions that run with the owner's rights.
#[must_use]
pub fn force(table: &TableName) -> Sql {
    sql!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY", table = table)
}

/// Takes [`force`] back.
#[must_use]
pub fn no_force(table: &TableName) -> Sql {
    sql!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY", table = table)
}

/// First statement of every migration: the owner, bound by [`force`], would otherwise read and
/// change no rows *in silence*. With it, PostgreSQL reports an error instead.
///
/// See [`row_security`](https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-ROW-SECURITY).
#[must_use]
pub fn off_for_this_transaction() -> Sql {
    Sql::fixed("SET LOCAL row_security = off")
}
