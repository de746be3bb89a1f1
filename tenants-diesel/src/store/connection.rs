//! Connections that carry the statements of a store.

use std::future::Future;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use tenants_core::store::{Dialect, InstallError, Record, Statement, StoreError};

/// A connection to a database that can hold the records of tenants.
///
/// Implemented for the connections of Diesel and diesel-async to the databases whose features are on. Those of Diesel
/// answer at once, so the same operations serve both.
pub trait StoreConnection: sealed::Carrier + Send {}

impl<C: sealed::Carrier + Send> StoreConnection for C {}

pub(crate) mod sealed {
    use super::{Dialect, Failure, Future, Record, Statement};

    pub trait Carrier {
        const DIALECT: Dialect;

        fn records(
            &mut self,
            statement: &Statement,
        ) -> impl Future<Output = Result<Vec<Record>, Failure>> + Send;

        /// The number in the only row.
        fn number(
            &mut self,
            statement: &Statement,
        ) -> impl Future<Output = Result<i64, Failure>> + Send;

        /// How many records were changed.
        fn execute(
            &mut self,
            statement: &Statement,
        ) -> impl Future<Output = Result<usize, Failure>> + Send;

        /// The texts in the only column.
        fn texts(
            &mut self,
            statement: &Statement,
        ) -> impl Future<Output = Result<Vec<String>, Failure>> + Send;

        /// Runs statements without values.
        fn batch(&mut self, sql: &'static str) -> impl Future<Output = Result<(), Failure>> + Send;

        /// Begins a transaction by these statements, or a savepoint within the caller's.
        fn begin(&mut self, sql: &str) -> impl Future<Output = Result<(), Failure>> + Send;

        fn commit(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;

        fn roll_back(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;

        /// Whether a transaction was begun that is not ours to begin anew.
        fn is_in_transaction(&mut self) -> bool;
    }
}

/// What the database said, without its texts: they may hold data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A key is taken.
    Taken,
    /// Other transactions were in the way, and this one is undone.
    Retry,
    /// A lock was not given in time.
    Timeout,
    /// The connection is gone.
    Unavailable,
    /// Something that Diesel has no kind for.
    Untold,
    /// Something else.
    Other(String),
}

impl Failure {
    /// An error of MySQL or MariaDB by its number, the same in all languages that servers speak:
    /// <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
    #[cfg(any(feature = "mysql", feature = "mysql-sync"))]
    pub(super) fn of_number(number: i64) -> Self {
        match number {
            // A deadlock, or a record that is not what the transaction saw. Both undo all of it.
            1213 | 1020 => Self::Retry,
            1205 => Self::Timeout,
            // The server ends, or this connection does.
            1053 | 1927 => Self::Unavailable,
            other => Self::Other(format!("error {other}")),
        }
    }
}

/// PostgreSQL's `deadlock_detected`, for which Diesel has no kind, in whatever language: it names no place in the
/// statement, gives a hint, and tells at least two processes that wait, each in a line of its own.
fn is_deadlock(said: &dyn DatabaseErrorInformation) -> bool {
    let waiting = said.details().map_or(0, |details| details.lines().count());
    waiting > 1 && said.hint().is_some() && said.statement_position().is_none()
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Taken,
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Retry,
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _,
            )
            | DieselError::BrokenTransactionManager => Self::Unavailable,
            // SQLite speaks one language, and Diesel has no kind for this.
            DieselError::DatabaseError(_, said) if said.message() == "database is locked" => {
                Self::Timeout
            }
            DieselError::DatabaseError(_, said) if is_deadlock(&*said) => Self::Retry,
            DieselError::DatabaseError(DatabaseErrorKind::Unknown, _) => Self::Untold,
            DieselError::DatabaseError(kind, _) => Self::Other(format!("{kind:?}")),
            DieselError::NotFound => Self::Other("NotFound".to_owned()),
            DieselError::DeserializationError(_) => Self::Other("DeserializationError".to_owned()),
            _ => Self::Other("another error".to_owned()),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Taken => Self::DuplicateSlug,
            Failure::Retry | Failure::Timeout => Self::Timeout,
            Failure::Unavailable => Self::Unavailable,
            Failure::Untold => Self::Backend { kind: "Unknown".to_owned() },
            Failure::Other(kind) => Self::Backend { kind },
        }
    }
}

impl From<Failure> for InstallError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.into())
    }
}
