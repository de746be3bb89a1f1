//! The same over `diesel::PgConnection`.

use diesel::PgConnection;
use diesel::migration::MigrationVersion;

use super::{InstallError, install_with};

/// Installs schema `tenants`, or brings it up to date; returns the versions that it applied.
///
/// Any number of processes may call it at once. It grants nothing to any role: that is for
/// `tenants setup`.
///
/// # Executed SQL
///
/// That of [`migrations::install`](super#).
///
/// # Errors
///
/// [`InstallError`].
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
pub fn install(conn: &mut PgConnection) -> Result<Vec<MigrationVersion<'static>>, InstallError> {
    install_with(conn)
}
