//! Whether a pooler carries prepared statements: diesel-async prepares each statement under a name.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{CancelToken, NoTls};

use crate::error::BuildError;
use crate::login::{NamedRow, named};

/// Refuses a pooler that passes statement names on as they are. Another client's connection may have given the
/// same name to another statement, which then runs in its place.
///
/// A pooler that carries statements gives them names of its own. A server that answers for itself keeps them,
/// and so says the process of the session: a pooler tells its clients another one.
pub(super) async fn check(connection: &mut AsyncPgConnection) -> Result<(), BuildError> {
    let told = told_process(&connection.cancel_token()).await;
    // In a transaction, because such a pooler may forget the statement between preparing and running it.
    let found: Result<NamedRow, DieselError> =
        connection.transaction(async |connection| named().get_result(connection).await).await;
    let NamedRow { pid, is_named } = found.map_err(BuildError::Inspect)?;
    match told {
        Some(told) if is_named && told != pid => Err(BuildError::StatementsBehindPooler),
        _ => Ok(()),
    }
}

/// The process that a cancel request would name; unknown if it would have to be encrypted.
async fn told_process(token: &CancelToken) -> Option<i32> {
    let mut request = Request::default();
    token.cancel_query_raw(&mut request, NoTls).await.ok()?;
    // Length and code come first: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
    let process = request.0.get(8..12)?;
    Some(i32::from_be_bytes(process.try_into().ok()?))
}

/// Takes a request down instead of sending it, and answers nothing.
#[derive(Default)]
struct Request(Vec<u8>);

impl AsyncWrite for Request {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Request {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
