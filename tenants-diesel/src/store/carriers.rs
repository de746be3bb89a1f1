//! The connections of Diesel and diesel-async as carriers.

#![allow(clippy::disallowed_methods, reason = "the door of the store's statements")]

use diesel::query_builder::BoxedSqlQuery;
use diesel::query_builder::SqlQuery;
use diesel::result::Error as DieselError;
use diesel::sql_types::{BigInt, Nullable, Text};
use tenants_core::store::{Dialect, Record, Statement, Value};

use super::connection::Failure;
use super::connection::sealed::Carrier;
use super::rows::{NumberRow, RecordRow};

/// Makes a connection type a carrier. `$wait` is what stands behind a call: nothing, or `.await`.
macro_rules! carrier {
    ($connection:ty, $backend:ty, $dialect:ident, $begin:literal, [$($wait:tt)*], $manager:ty, $status:path, $run:path) => {
        const _: () = {
            use $run as _;
            use $manager as Manager;
            use $status as Transactions;

            fn query(statement: &Statement) -> BoxedSqlQuery<'static, $backend, SqlQuery> {
                let query = diesel::sql_query(statement.as_sql()).into_boxed::<$backend>();
                statement.values().iter().fold(query, |query, value| match value {
                    Value::Text(text) => query.bind::<Nullable<Text>, _>(text.clone()),
                    Value::Integer(number) => query.bind::<BigInt, _>(*number),
                })
            }

            impl Carrier for $connection {
                const DIALECT: Dialect = Dialect::$dialect;

                async fn records(&mut self, statement: &Statement) -> Result<Vec<Record>, Failure> {
                    let rows: Vec<RecordRow> = query(statement).load(self)$($wait)*?;
                    Ok(rows.into_iter().map(Record::from).collect())
                }

                async fn number(&mut self, statement: &Statement) -> Result<i64, Failure> {
                    let row: NumberRow = query(statement).get_result(self)$($wait)*?;
                    Ok(row.number)
                }

                async fn execute(&mut self, statement: &Statement) -> Result<usize, Failure> {
                    Ok(query(statement).execute(self)$($wait)*?)
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
    diesel_async::RunQueryDsl
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
    diesel::RunQueryDsl
);
