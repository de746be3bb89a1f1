//! A connection without this library, one simple message at a time: what the naive code has.

use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage, Socket};

/// A PostgreSQL session, which ends when this is dropped.
pub(crate) struct Raw(Client);

impl Raw {
    pub(crate) async fn connect(url: &str) -> Self {
        Self::connect_by(url, NoTls).await
    }

    pub(crate) async fn connect_by<T>(url: &str, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = tokio_postgres::connect(url, tls).await.unwrap();
        tokio::spawn(connection);
        Self(client)
    }

    /// Runs all statements of one message. The error is the SQLSTATE.
    pub(crate) async fn run(&self, message: &str) -> Result<(), String> {
        self.0.batch_execute(message).await.map_err(sqlstate)
    }

    /// The first column of all rows of one message.
    pub(crate) async fn rows(&self, message: &str) -> Result<Vec<String>, String> {
        let answers = self.0.simple_query(message).await.map_err(sqlstate)?;
        let rows = answers.iter().filter_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// The only row of a message that must succeed.
    pub(crate) async fn row(&self, message: &str) -> String {
        let mut rows = self.rows(message).await.unwrap();
        assert_eq!(rows.len(), 1, "{message}");
        rows.remove(0)
    }

    /// Whose posts this session sees.
    pub(crate) async fn tenants_seen(&self) -> Result<Vec<String>, String> {
        self.rows("SELECT DISTINCT tenant FROM posts ORDER BY tenant").await
    }
}

fn sqlstate(error: tokio_postgres::Error) -> String {
    error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned())
}
