//! A connection without this library, one simple message at a time: what the naive code has.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, stream};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Error, NoTls, SimpleQueryMessage, Socket};

/// A PostgreSQL session, which ends when this is dropped.
pub(crate) struct Raw {
    client: Client,
    heard: Arc<Mutex<Vec<String>>>,
}

/// All that the server says to one message.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The rows, their columns joined, and how many each statement touched.
    pub(crate) lines: Vec<String>,
    pub(crate) error: Option<Error>,
}

impl Raw {
    pub(crate) async fn connect(url: &str) -> Self {
        Self::connect_by(url, NoTls).await
    }

    pub(crate) async fn connect_by<T>(url: &str, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, mut connection) = tokio_postgres::connect(url, tls).await.unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        tokio::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                let text = match message {
                    AsyncMessage::Notice(notice) => notice.message().to_owned(),
                    AsyncMessage::Notification(notification) => notification.payload().to_owned(),
                    _ => continue,
                };
                hears.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
        });
        Self { client, heard }
    }

    /// The notices and notifications that came so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs all statements of one message, and keeps what came before an error.
    pub(crate) async fn answer(&self, message: &str) -> Answer {
        let mut answer = Answer::default();
        let mut parts = match self.client.simple_query_raw(message).await {
            Ok(parts) => Box::pin(parts),
            Err(error) => return Answer { error: Some(error), ..answer },
        };
        while let Some(part) = parts.next().await {
            match part {
                Ok(SimpleQueryMessage::Row(row)) => {
                    let columns = (0..row.len()).map(|at| row.get(at).unwrap_or("NULL"));
                    answer.lines.push(columns.collect::<Vec<_>>().join("|"));
                }
                Ok(SimpleQueryMessage::CommandComplete(rows)) => {
                    answer.lines.push(format!("({rows})"));
                }
                Ok(_) => {}
                Err(error) => answer.error = Some(error),
            }
        }
        answer
    }

    /// What a `COPY .. TO STDOUT` sends.
    pub(crate) async fn copied(&self, copy: &str) -> Answer {
        let mut answer = Answer::default();
        let mut parts = match self.client.copy_out(copy).await {
            Ok(parts) => Box::pin(parts),
            Err(error) => return Answer { error: Some(error), ..answer },
        };
        while let Some(part) = parts.next().await {
            match part {
                Ok(line) => answer.lines.push(String::from_utf8_lossy(&line).into_owned()),
                Err(error) => answer.error = Some(error),
            }
        }
        answer
    }

    /// Runs all statements of one message. The error is the SQLSTATE.
    pub(crate) async fn run(&self, message: &str) -> Result<(), String> {
        self.client.batch_execute(message).await.map_err(sqlstate)
    }

    /// The first column of all rows of one message.
    pub(crate) async fn rows(&self, message: &str) -> Result<Vec<String>, String> {
        let answers = self.client.simple_query(message).await.map_err(sqlstate)?;
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

fn sqlstate(error: Error) -> String {
    error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned())
}
