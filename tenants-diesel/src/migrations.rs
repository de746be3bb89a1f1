//! Installs schema `tenants`: the function that all policies name, and the list of tenants.
//!
//! The migrations are those of the directory `migrations/`, embedded. They are applied by
//! [`install`] and its twin [`sync::install`] rather than by Diesel's harness: its asynchronous
//! form panics on a current-thread runtime and takes the connection away, and either form commits
//! each migration by itself, under a search path that would have to be restored.
//!
//! Each does all of it in one transaction:
//!
//! 1. wait for other processes that do the same, by an advisory lock of the transaction,
//! 2. create the schema, and in it the table of applied versions, if they are missing,
//! 3. apply what is pending, and record it.

#![allow(clippy::disallowed_methods, reason = "runs our own migrations on the owner's connection")]

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::sql_types::Text;
use thiserror::Error;

#[cfg(feature = "sync")]
pub mod sync;

/// A migration of schema `tenants`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// The name of its directory.
    pub name: &'static str,
    /// Its `up.sql`.
    pub up: &'static str,
    /// Its `down.sql`.
    pub down: &'static str,
}

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            up: include_str!(concat!("../migrations/", $name, "/up.sql")),
            down: include_str!(concat!("../migrations/", $name, "/down.sql")),
        }),*]
    };
}

/// All migrations, in order.
pub const MIGRATIONS: &[Migration] = embedded!["2026-11-21-000000-0000_tenants"];

impl Migration {
    /// The version, as Diesel reads it off the name: all up to the first `_`, without hyphens.
    ///
    /// # Examples
    ///
    /// ```
    /// let first = tenants_diesel::migrations::MIGRATIONS[0];
    /// assert_eq!(first.version(), "202611210000000000");
    /// ```
    #[must_use]
    pub fn version(&self) -> String {
        self.name.chars().take_while(|c| *c != '_').filter(|c| *c != '-').collect()
    }
}

/// Why schema `tenants` is not up to date.
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
    Database(#[source] DieselError),
}

impl From<DieselError> for InstallError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::AlreadyInTransaction => Self::InTransaction,
            other => Self::Database(other),
        }
    }
}

/// Installs schema `tenants`, or brings it up to date; returns what it applied.
///
/// Any number of processes may call it at once. It grants nothing to any role: that is for
/// `tenants setup`.
///
/// # Executed SQL
///
/// ```sql
/// BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;
/// SELECT pg_advisory_xact_lock(..);
/// CREATE SCHEMA tenants;                                           -- if it is missing
/// CREATE TABLE tenants.__diesel_schema_migrations (..);            -- if it is missing
/// SELECT version FROM tenants.__diesel_schema_migrations;
/// ..                                                               -- each pending up.sql
/// INSERT INTO tenants.__diesel_schema_migrations (version) VALUES ($1);
/// COMMIT;
/// ```
///
/// # Errors
///
/// [`InstallError`]; the database is then unchanged.
///
/// # Cancellation
///
/// The transaction stays open on the connection: close it, and the database is unchanged.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use diesel_async::{AsyncConnection, AsyncPgConnection};
///
/// let mut owner = AsyncPgConnection::establish("postgres://owner@localhost/my_app").await?;
/// tenants_diesel::migrations::install(&mut owner).await?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "async")]
pub async fn install(
    conn: &mut diesel_async::AsyncPgConnection,
) -> Result<Vec<Migration>, InstallError> {
    use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
    use tenants_core::install;

    conn.build_transaction()
        .read_committed()
        .run(async |conn| {
            conn.batch_execute(install::PREPARE).await?;
            let applied = diesel::sql_query(install::APPLIED).load::<Applied>(conn).await?;
            let pending = pending(&applied);
            for migration in &pending {
                conn.batch_execute(migration.up).await?;
                let record = diesel::sql_query(install::RECORD);
                record.bind::<Text, _>(migration.version()).execute(conn).await?;
            }
            Ok(pending)
        })
        .await
}

#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn pending(applied: &[Applied]) -> Vec<Migration> {
    let is_applied = |version: &str| applied.iter().any(|applied| applied.version == version);
    MIGRATIONS.iter().filter(|migration| !is_applied(&migration.version())).copied().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_is_embedded_in_order() {
        let entries = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));
        let mut names: Vec<_> = entries
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "README.md")
            .collect();
        names.sort();
        assert_eq!(MIGRATIONS.iter().map(|m| m.name).collect::<Vec<_>>(), names);
    }
}
