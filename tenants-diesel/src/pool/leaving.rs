//! How a connection leaves its scope when nobody holds it any more: confirmed, or closed.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Object;
use tenants_core::Sql;
use tokio::time::{sleep, timeout};

use super::engine::{Cancel, is_doubtful};
use super::pipeline::send;

/// Far more than taking a connection out of its scope takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes a connection out of its scope, and gives it back to its pool when the server has confirmed it.
///
/// The next user's statement travels behind the message of its scope, and runs even if that message
/// fails before its first `BEGIN`. So the connection must be out of the previous scope by then.
pub(super) fn park(
    connection: Object<AsyncPgConnection>,
    park: Sql,
    cancel: Cancel,
) -> impl Future<Output = ()> + Send {
    // Not in the future, which may be dropped before it is polled.
    let connection = Unconfirmed(Some(connection));
    async move {
        let Some(scoped) = &connection.0 else { return };
        match timeout(PATIENCE, send(scoped, park.as_str())).await {
            Ok(Ok(())) => connection.confirmed(),
            Ok(Err(_)) => drop(connection),
            Err(_) => {
                if let Some(connection) = connection.close() {
                    stop(connection, cancel).await;
                }
            }
        }
    }
}

/// A connection that is closed, not given back, unless the end of its scope is confirmed: also if the
/// runtime ends, and this task with it.
struct Unconfirmed(Option<Object<AsyncPgConnection>>);

impl Unconfirmed {
    fn confirmed(mut self) {
        drop(self.0.take());
    }

    /// Makes room in the pool.
    fn close(mut self) -> Option<AsyncPgConnection> {
        self.0.take().map(Object::take)
    }
}

impl Drop for Unconfirmed {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

/// Has the server stop what it is doing, and closes the connection then.
///
/// Closing the socket alone would leave the server at work on the statement. So would a request that
/// reaches it before it has begun with the statement, which was on its way too: hence more than one,
/// until it answers what is sent behind the statement.
pub(super) async fn stop(connection: AsyncPgConnection, cancel: Cancel) {
    const REQUESTS: u32 = 20;
    const FIRST_PAUSE: Duration = Duration::from_millis(50);
    let mut answer = send(&connection, "ROLLBACK");
    for request in 1..=REQUESTS {
        request_cancel(&connection, &cancel).await;
        if let Ok(answer) = timeout(FIRST_PAUSE * request, answer.as_mut()).await {
            if is_doubtful(&answer) {
                // The connection has ended, and nothing tells any more whether the request came too early.
                sleep(FIRST_PAUSE).await;
                request_cancel(&connection, &cancel).await;
            }
            break;
        }
    }
}

/// Asks once. On a network that swallows the request, nobody waits for ever.
async fn request_cancel(connection: &AsyncPgConnection, cancel: &Cancel) {
    let _ = timeout(PATIENCE, cancel(connection.cancel_token())).await;
}
