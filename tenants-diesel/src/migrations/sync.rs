//! The same over `diesel::PgConnection`.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{PgConnection, RunQueryDsl};
use tenants_core::install;

use super::{Applied, InstallError, Migration, pending};

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
/// # Examples
///
/// ```no_run
/// use diesel::{Connection, PgConnection};
///
/// let mut owner = PgConnection::establish("postgres://owner@localhost/my_app")?;
/// tenants_diesel::migrations::sync::install(&mut owner)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn install(conn: &mut PgConnection) -> Result<Vec<Migration>, InstallError> {
    conn.build_transaction().read_committed().run(|conn| {
        conn.batch_execute(install::PREPARE)?;
        let applied = diesel::sql_query(install::APPLIED).load::<Applied>(conn)?;
        let pending = pending(&applied);
        for migration in &pending {
            conn.batch_execute(migration.up)?;
            let record = diesel::sql_query(install::RECORD);
            record.bind::<Text, _>(migration.version()).execute(conn)?;
        }
        Ok(pending)
    })
}
