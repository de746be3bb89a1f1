//! With whose rights a view reads.

use crate::catalog::View;
use crate::quote::{Sql, TableName, sql};

/// Has a view read with the rights of whoever reads it, so that policies bind it. From PostgreSQL 15 on.
#[must_use]
pub fn invoke(view: &TableName) -> Sql {
    sql!("ALTER VIEW {view} SET (security_invoker = true)", view = view)
}

/// Takes [`invoke`] back.
#[must_use]
pub fn restore(view: &View) -> Sql {
    if view.is_explicit {
        sql!("ALTER VIEW {view} SET (security_invoker = false)", view = view.name)
    } else {
        sql!("ALTER VIEW {view} RESET (security_invoker)", view = view.name)
    }
}
