//! Connecting with the URL that the operator gave.

use diesel::ConnectionError;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use thiserror::Error;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::args::DatabaseUrl;

/// Why there is no connection.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be read. The reason could quote its password, so it is not told.
    #[error(
        "the database URL is not one of the form `postgres://user:password@host:port/database`; a password's special characters must be percent-encoded"
    )]
    Url,
    /// The URL asks for TLS.
    #[error(
        "the database URL asks for TLS, which this command does not speak: connect through a tunnel or a socket, and leave `sslmode=require` out"
    )]
    Tls,
    /// The server could not be reached, or refused the login.
    #[error("could not connect to the database")]
    Refused(#[from] ConnectionError),
}

pub(super) async fn connect(url: &DatabaseUrl) -> Result<AsyncPgConnection, ConnectError> {
    let config: Config = url.expose().parse().map_err(|_| ConnectError::Url)?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(ConnectError::Tls);
    }
    Ok(AsyncPgConnection::establish(url.expose()).await?)
}
