//! The connections of Diesel and diesel-async as carriers.

#![allow(clippy::disallowed_methods, reason = "the door of the store's statements")]

use diesel::result::Error as DieselError;
use tenants_core::store::{Dialect, Record, Statement};

use super::connection::Failure;
use super::connection::sealed::Carrier;
use super::query::StatementQuery;
use super::rows::{NumberRow, RecordRow};

/// Makes a connection type a carrier. `$wait` is what stands behind a call: nothing, or `.await`.
macro_rules! carrier {
    ($connection:ty, $backend:ty, $dialect:ident, $begin:literal, [$($wait:tt)*], $manager:ty, $status:path, $run:path, $simple:path) => {
        const _: () = {
            use $run as _;
            use $simple as _;
            use $manager as Manager;
            use $status as Transactions;

            impl Carrier for $connection {
                const DIALECT: Dialect = Dialect::$dialect;

                async fn records(&mut self, statement: &Statement) -> Result<Vec<Record>, Failure> {
                    let rows: Vec<RecordRow> = StatementQuery(statement).load(self)$($wait)*?;
                    Ok(rows.into_iter().map(Record::from).collect())
                }

                async fn number(&mut self, statement: &Statement) -> Result<i64, Failure> {
                    let row: NumberRow = StatementQuery(statement).get_result(self)$($wait)*?;
                    Ok(row.number)
                }

                async fn execute(&mut self, statement: &Statement) -> Result<usize, Failure> {
                    Ok(StatementQuery(statement).execute(self)$($wait)*?)
                }

                async fn batch(&mut self, sql: &'static str) -> Result<(), Failure> {
                    Ok(self.batch_execute(sql)$($wait)*?)
                }

                async fn begin(&mut self) -> Result<(), Failure> {
                    if self.is_in_transaction() {
                        return Ok(<Manager as Transactions<Self>>::begin_transaction(self)$($wait)*?);
                    }
                    Ok(Manager::begin_transaction_sql(self, $begin)$($wait)*?)
                }

                async fn commit(&mut self) -> Result<(), Failure> {
                    Ok(<Manager as Transactions<Self>>::commit_transaction(self)$($wait)*?)
                }

                async fn roll_back(&mut self) -> Result<(), Failure> {
                    match <Manager as Transactions<Self>>::rollback_transaction(self)$($wait)* {
                        // A commit that failed has rolled back.
                        Ok(()) | Err(DieselError::NotInTransaction) => Ok(()),
                        Err(error) => Err(error.into()),
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

#[cfg(feature = "async")]
carrier!(
    diesel_async::AsyncPgConnection,
    diesel::pg::Pg,
    Postgres,
    "BEGIN ISOLATION LEVEL READ COMMITTED",
    [.await],
    diesel_async::AnsiTransactionManager,
    diesel_async::TransactionManager,
    diesel_async::RunQueryDsl,
    diesel_async::SimpleAsyncConnection
);

#[cfg(feature = "sync")]
carrier!(
    diesel::PgConnection,
    diesel::pg::Pg,
    Postgres,
    "BEGIN ISOLATION LEVEL READ COMMITTED",
    [],
    diesel::connection::AnsiTransactionManager,
    diesel::connection::TransactionManager,
    diesel::RunQueryDsl,
    diesel::connection::SimpleConnection
);

#[cfg(feature = "sqlite")]
carrier!(
    diesel::SqliteConnection,
    diesel::sqlite::Sqlite,
    Sqlite,
    // Two transactions that both read before they write would fail each other.
    "BEGIN IMMEDIATE",
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

        async fn execute(&mut self, statement: &Statement) -> Result<usize, Failure> {
            let statement = statement.clone();
            on_thread(self, move |inner| now(Carrier::execute(inner, &statement))).await
        }

        async fn batch(&mut self, sql: &'static str) -> Result<(), Failure> {
            on_thread(self, move |inner| now(Carrier::batch(inner, sql))).await
        }

        async fn begin(&mut self) -> Result<(), Failure> {
            on_thread(self, |inner| now(Carrier::begin(inner))).await
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
    diesel::mysql::Mysql,
    MySql,
    "BEGIN",
    [.await],
    diesel_async::AnsiTransactionManager,
    diesel_async::TransactionManager,
    diesel_async::RunQueryDsl,
    diesel_async::SimpleAsyncConnection
);
