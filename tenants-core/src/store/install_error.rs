//! What keeps a store from being used.

use thiserror::Error;

use super::StoreError;

/// Why the table of a store cannot be used as it is, or could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstallError {
    /// There is no table.
    #[error("there is no table `{table}`: {remedy}")]
    NoTable {
        /// What it is called.
        table: &'static str,
        /// What makes it.
        remedy: &'static str,
    },
    /// Somebody else made the table, or changed it.
    #[error("the table `{table}` lacks {}: {remedy}", .parts.join(", "))]
    Lacks {
        /// What it is called.
        table: &'static str,
        /// Columns, and what must hold of them.
        parts: Vec<&'static str>,
        /// What makes them.
        remedy: &'static str,
    },
    /// Another release of the program has changed the table since.
    #[error(
        "the store is at version {found}, and this program knows it up to {known}: run a newer one"
    )]
    Newer {
        /// What the database says.
        found: i64,
        /// What this program can make of it.
        known: i64,
    },
    /// MySQL ends a transaction with each table that is made, the caller's too.
    #[error("to make tables would commit the transaction: install on a connection without one")]
    InTransaction,
    /// The store could not be asked, or its login may not make tables.
    #[error(transparent)]
    Store(#[from] StoreError),
}
