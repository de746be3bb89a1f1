//! The rows of a statement as they arrive, and what becomes of those that nobody reads.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use diesel::QueryResult;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};
use futures_util::stream::{BoxStream, Stream};

pub(super) type Row = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;
type Rows = BoxStream<'static, QueryResult<Row>>;

/// A stream of rows from a scoped connection.
///
/// # Cancellation
///
/// Dropping it early is safe: if the server is still sending when the connection is dropped too,
/// the statement is cancelled and the connection closed.
pub struct RowStream {
    rows: Option<Rows>,
    abandoned: Abandoned,
}

impl RowStream {
    pub(super) fn new(rows: Rows, abandoned: Abandoned) -> Self {
        Self { rows: Some(rows), abandoned }
    }
}

impl Stream for RowStream {
    type Item = QueryResult<Row>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rows) = self.rows.as_mut() else { return Poll::Ready(None) };
        let next = rows.as_mut().poll_next(cx);
        if matches!(next, Poll::Ready(None)) {
            self.rows = None;
        }
        next
    }
}

impl Drop for RowStream {
    fn drop(&mut self) {
        if let Some(rows) = self.rows.take() {
            self.abandoned.keep(rows);
        }
    }
}

impl fmt::Debug for RowStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").finish_non_exhaustive()
    }
}

/// The rest of a result that was dropped unread, shared by a connection and its streams.
///
/// `get_result` always leaves one: it stops at the first row, before the end of the result.
#[derive(Clone, Default)]
pub(super) struct Abandoned(Arc<Mutex<Option<Rows>>>);

impl Abandoned {
    fn keep(&self, rows: Rows) {
        if let Some(rows) = unless_ended(rows) {
            *self.lock() = Some(rows);
        }
    }

    /// The server answers in order: when a later operation is done, earlier results are too.
    pub(super) fn clear(&self) {
        *self.lock() = None;
    }

    /// Whether the server may still be at work on a result that nobody reads.
    pub(super) fn is_pending(&self) -> bool {
        let rows = self.lock().take();
        rows.and_then(unless_ended).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Rows>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what has arrived already, and gives the stream back if its end has not.
fn unless_ended(mut rows: Rows) -> Option<Rows> {
    const ARRIVED: usize = 256;
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..ARRIVED {
        match rows.as_mut().poll_next(&mut cx) {
            Poll::Ready(Some(_)) => {}
            Poll::Ready(None) => return None,
            Poll::Pending => break,
        }
    }
    Some(rows)
}
