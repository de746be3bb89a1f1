//! The connections of Diesel and diesel-async as carriers.

#![allow(clippy::disallowed_methods, reason = "the door of the store's statements")]

use diesel::QueryResult;
use diesel::result::Error as DieselError;
#[cfg(any(feature = "mysql", feature = "mysql-sync"))]
use tenants_core::store::Statements;
use tenants_core::store::{Dialect, Record, Statement};

use super::connection::Failure;
use super::connection::sealed::Carrier;
use super::query::StatementQuery;
use super::rows::{NumberRow, RecordRow, TextRow};

/// Makes a connection type a carrier. `$wait` is what stands behind a call: nothing, or `.await`. `$explain` makes a
/// failure of an error that the connection returned.
macro_rules! carrier {
    ($connection:ty, $dialect:ident, $explain:ident, [$($wait:tt)*], $manager:ty, $status:path, $run:path, $simple:path) => {
        const _: () = {
            use $run as _;
            use $simple as _;
            use $manager as Manager;
            use $status as Transactions;

            impl Carrier for $connection {
                const DIALECT: Dialect = Dialect::$dialect;

                async fn records(&mut self, statement: &Statement) -> Result<Vec<Record>, Failure> {
                    let rows: QueryResult<Vec<RecordRow>> = StatementQuery(statement).load(self)$($wait)*;
                    match rows {
                        Ok(rows) => Ok(rows.into_iter().map(Record::from).collect()),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                async fn number(&mut self, statement: &Statement) -> Result<i64, Failure> {
                    let row: QueryResult<NumberRow> = StatementQuery(statement).get_result(self)$($wait)*;
                    match row {
                        Ok(row) => Ok(row.number),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                async fn texts(&mut self, statement: &Statement) -> Result<Vec<String>, Failure> {
                    let rows: QueryResult<Vec<TextRow>> = StatementQuery(statement).load(self)$($wait)*;
                    match rows {
                        Ok(rows) => Ok(rows.into_iter().map(|row| row.text).collect()),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                async fn execute(&mut self, statement: &Statement) -> Result<usize, Failure> {
                    match StatementQuery(statement).execute(self)$($wait)* {
                        Ok(changed) => Ok(changed),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                async fn batch(&mut self, sql: &'static str) -> Result<(), Failure> {
                    match self.batch_execute(sql)$($wait)* {
                        Ok(()) => Ok(()),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                async fn begin(&mut self, sql: &str) -> Result<(), Failure> {
                    let begun = if self.is_in_transaction() {
                        <Manager as Transactions<Self>>::begin_transaction(self)$($wait)*
                    } else {
                        Manager::begin_transaction_sql(self, sql)$($wait)*
                    };
                    match begun {
                        Ok(()) => Ok(()),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                async fn commit(&mut self) -> Result<(), Failure> {
                    match <Manager as Transactions<Self>>::commit_transaction(self)$($wait)* {
                        Ok(()) => Ok(()),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                async fn roll_back(&mut self) -> Result<(), Failure> {
                    match <Manager as Transactions<Self>>::rollback_transaction(self)$($wait)* {
                        // A commit that failed has rolled back.
                        Ok(()) | Err(DieselError::NotInTransaction) => Ok(()),
                        Err(error) => Err($explain!(self, error, [$($wait)*])),
                    }
                }

                fn is_in_transaction(&mut self) -> bool {
                    let status = <Manager as Transactions<Self>>::transaction_manager_status_mut(self);
                    !matches!(status.transaction_depth(), Ok(None))
                }
            }
        };
    };
}

/// By what Diesel says of it.
macro_rules! as_told {
    ($connection:ident, $error:ident, $wait:tt) => {
        Failure::from($error)
    };
}

/// By its number, which Diesel does not tell. A server that does not tell it either is not there any more.
#[cfg(any(feature = "mysql", feature = "mysql-sync"))]
macro_rules! as_asked {
    ($connection:ident, $error:ident, [$($wait:tt)*]) => {{
        let mut failure = Failure::from($error);
        if failure == Failure::Untold {
            failure = match $connection.batch_execute(Statements::DIAGNOSE)$($wait)* {
                Err(_) => Failure::Unavailable,
                Ok(()) => {
                    let number: QueryResult<NumberRow> =
                        StatementQuery(&Statements(Dialect::MySql).error_number()).get_result($connection)$($wait)*;
                    number.map_or(Failure::Unavailable, |row| Failure::of_number(row.number))
                }
            };
        }
        if failure == Failure::Retry {
            // It has undone savepoints, too, which the transaction manager must not miss.
            let status = <Manager as Transactions<Self>>::transaction_manager_status_mut($connection);
            status.set_requires_rollback_maybe_up_to_top_level(true);
        }
        failure
    }};
}

#[cfg(feature = "async")]
carrier!(
    diesel_async::AsyncPgConnection,
    Postgres,
    as_told,
    [.await],
    diesel_async::AnsiTransactionManager,
    diesel_async::TransactionManager,
    diesel_async::RunQueryDsl,
    diesel_async::SimpleAsyncConnection
);

#[cfg(feature = "sync")]
carrier!(
    diesel::PgConnection,
    Postgres,
    as_told,
    [],
    diesel::connection::AnsiTransactionManager,
    diesel::connection::TransactionManager,
    diesel::RunQueryDsl,
    diesel::connection::SimpleConnection
);

#[cfg(feature = "sqlite")]
carrier!(
    diesel::SqliteConnection,
    Sqlite,
    as_told,
    [],
    diesel::connection::AnsiTransactionManager,
    diesel::connection::TransactionManager,
    diesel::RunQueryDsl,
    diesel::connection::SimpleConnection
);

/// SQLite has no other connection than Diesel's: it works on a thread of its own.
#[cfg(all(feature = "sqlite", feature = "async"))]
mod sqlite {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use diesel::SqliteConnection;
    use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
    use diesel_async::{AsyncConnection, TransactionManager};

    use super::*;

    /// The outcome of a future whose connection answers at once.
    fn now<T>(operation: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match pin!(operation).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => Err(Failure::Unavailable),
        }
    }

    /// Makes Diesel's error of a failure, which is all that comes back from the thread.
    fn on_thread<T: Send + 'static>(
        connection: &mut SyncConnectionWrapper<SqliteConnection>,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send {
        let done = connection.spawn_blocking(move |inner| Ok(work(inner)));
        async move { done.await? }
    }

    impl Carrier for SyncConnectionWrapper<SqliteConnection> {
        const DIALECT: Dialect = Dialect::Sqlite;

        async fn records(&mut self, statement: &Statement) -> Result<Vec<Record>, Failure> {
            let statement = statement.clone();
            on_thread(self, move |inner| now(Carrier::records(inner, &statement))).await
        }

        async fn number(&mut self, statement: &Statement) -> Result<i64, Failure> {
            let statement = statement.clone();
            on_thread(self, move |inner| now(Carrier::number(inner, &statement))).await
        }

        async fn texts(&mut self, statement: &Statement) -> Result<Vec<String>, Failure> {
            let statement = statement.clone();
            on_thread(self, move |inner| now(Carrier::texts(inner, &statement))).await
        }

        async fn execute(&mut self, statement: &Statement) -> Result<usize, Failure> {
            let statement = statement.clone();
            on_thread(self, move |inner| now(Carrier::execute(inner, &statement))).await
        }

        async fn batch(&mut self, sql: &'static str) -> Result<(), Failure> {
            on_thread(self, move |inner| now(Carrier::batch(inner, sql))).await
        }

        async fn begin(&mut self, sql: &str) -> Result<(), Failure> {
            let sql = sql.to_owned();
            on_thread(self, move |inner| now(Carrier::begin(inner, &sql))).await
        }

        async fn commit(&mut self) -> Result<(), Failure> {
            on_thread(self, |inner| now(Carrier::commit(inner))).await
        }

        async fn roll_back(&mut self) -> Result<(), Failure> {
            on_thread(self, |inner| now(Carrier::roll_back(inner))).await
        }

        fn is_in_transaction(&mut self) -> bool {
            let status = <<Self as AsyncConnection>::TransactionManager as TransactionManager<
                Self,
            >>::transaction_manager_status_mut(self);
            !matches!(status.transaction_depth(), Ok(None))
        }
    }
}

#[cfg(all(feature = "mysql", feature = "async"))]
carrier!(
    diesel_async::AsyncMysqlConnection,
    MySql,
    as_asked,
    [.await],
    diesel_async::AnsiTransactionManager,
    diesel_async::TransactionManager,
    diesel_async::RunQueryDsl,
    diesel_async::SimpleAsyncConnection
);

#[cfg(feature = "mysql-sync")]
carrier!(
    diesel::MysqlConnection,
    MySql,
    as_asked,
    [],
    diesel::connection::AnsiTransactionManager,
    diesel::connection::TransactionManager,
    diesel::RunQueryDsl,
    diesel::connection::SimpleConnection
);
