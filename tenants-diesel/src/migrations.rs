//! Installs schema `tenants`: the function that all policies name, and the list of tenants.
//!
//! The migrations are those of the directory `migrations/`, embedded, and run by Diesel's own
//! harness in one transaction:
//!
//! 1. wait for other processes that do the same, by an advisory lock of the transaction,
//! 2. create the schema if it is missing, and set the `search_path` to it until the transaction
//!    ends: Diesel's table of applied migrations goes there, and never into the application's own,
//!    where `diesel migration revert` would meet versions without files,
//! 3. apply what is pending.

#![allow(clippy::disallowed_methods, reason = "runs our own migrations on the owner's connection")]

use diesel::connection::{Connection, TransactionManager};
use diesel::migration::MigrationVersion;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tenants_core::install;
use thiserror::Error;

#[cfg(feature = "sync")]
pub mod sync;

/// The migrations of schema `tenants`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Why schema `tenants` is not up to date; the database is unchanged.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The connection is in a transaction, whose end would decide over the schema.
    #[error("schema `tenants` cannot be installed inside of a transaction: end it first")]
    InTransaction,
    /// The server refused; most often the login does not own the database.
    #[error(
        "schema `tenants` could not be installed: connect as the owner of the database, not as the runtime login"
    )]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The runtime shut down.
    #[error("the runtime shut down before schema `tenants` was installed")]
    #[cfg(feature = "async")]
    Interrupted(#[source] tokio::task::JoinError),
}

impl From<DieselError> for InstallError {
    fn from(error: DieselError) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// Installs schema `tenants`, or brings it up to date; returns the versions that it applied.
///
/// Any number of processes may call it at once, on any flavour of runtime. It takes the
/// connection, which is the owner's and serves nothing else, to a thread on which it may block. It
/// grants nothing to any role: that is for `tenants setup`.
///
/// # Executed SQL
///
/// ```sql
/// BEGIN; SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
/// SELECT pg_advisory_xact_lock(..);
/// CREATE SCHEMA tenants;                                           -- if it is missing
/// SET LOCAL search_path = tenants;
/// CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (..);      -- from here on: Diesel's harness
/// SELECT version FROM __diesel_schema_migrations;
/// ..                                                               -- each pending up.sql
/// INSERT INTO __diesel_schema_migrations (version) VALUES ($1);
/// COMMIT
/// ```
///
/// # Errors
///
/// [`InstallError`].
///
/// # Cancellation
///
/// The installation goes on, and ends by itself.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use diesel_async::{AsyncConnection, AsyncPgConnection};
///
/// let owner = AsyncPgConnection::establish("postgres://owner@localhost/my_app").await?;
/// tenants_diesel::migrations::install(owner).await?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "async")]
pub async fn install(
    conn: diesel_async::AsyncPgConnection,
) -> Result<Vec<MigrationVersion<'static>>, InstallError> {
    use diesel_async::AsyncPgConnection;
    use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

    let installed = tokio::task::spawn_blocking(move || {
        install_with(&mut AsyncConnectionWrapper::<AsyncPgConnection>::from(conn))
    });
    installed.await.map_err(InstallError::Interrupted)?
}

#[cfg_attr(not(any(feature = "async", feature = "sync")), allow(dead_code))]
fn install_with<C>(conn: &mut C) -> Result<Vec<MigrationVersion<'static>>, InstallError>
where
    C: Connection<Backend = Pg> + MigrationHarness<Pg>,
{
    let status = C::TransactionManager::transaction_manager_status_mut(conn);
    if status.transaction_depth()?.is_some() {
        return Err(InstallError::InTransaction);
    }
    conn.transaction(|conn| {
        conn.batch_execute(install::PREPARE)?;
        let applied = conn.run_pending_migrations(MIGRATIONS).map_err(InstallError::Refused)?;
        Ok(applied.iter().map(MigrationVersion::as_owned).collect())
    })
}
