//! Connecting with the URL that the operator gave.

use diesel::ConnectionError;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use thiserror::Error;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

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

/// What the server, or the connection to it, said.
///
/// Without the details, which quote the values of a row.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct QueryError {
    code: Option<SqlState>,
    message: String,
}

impl QueryError {
    pub(super) fn has_code(&self, code: &SqlState) -> bool {
        self.code.as_ref() == Some(code)
    }
}

impl From<tokio_postgres::Error> for QueryError {
    fn from(error: tokio_postgres::Error) -> Self {
        let said = error.as_db_error().map(|said| said.message().to_owned());
        Self { code: error.code().cloned(), message: said.unwrap_or_else(|| error.to_string()) }
    }
}

pub(super) async fn connect(url: &DatabaseUrl) -> Result<AsyncPgConnection, ConnectError> {
    check(url)?;
    Ok(AsyncPgConnection::establish(url.expose()).await?)
}

/// The same below Diesel, which knows no `COPY` without libpq. The connection ends with the client.
pub(super) async fn client(url: &DatabaseUrl) -> Result<Client, ConnectError> {
    let connected = check(url)?.connect(NoTls).await;
    let refused = |error| ConnectionError::BadConnection(QueryError::from(error).to_string());
    let (client, connection) = connected.map_err(refused)?;
    // Why it ended, the next statement says.
    drop(tokio::spawn(connection));
    Ok(client)
}

fn check(url: &DatabaseUrl) -> Result<Config, ConnectError> {
    let config: Config = url.expose().parse().map_err(|_| ConnectError::Url)?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(ConnectError::Tls);
    }
    Ok(config)
}
