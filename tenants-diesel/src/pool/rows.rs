//! The rows of a statement as they arrive, and what becomes of those that nobody reads.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use diesel::QueryResult;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};
use futures_util::stream::{BoxStream, Stream};
use tenants_core::denial::Denials;

use crate::denied::refused;
use crate::error::is_unproved;

pub(super) type Row = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;
type Rows = BoxStream<'static, QueryResult<Row>>;

/// A stream of rows from a scoped connection.
///
/// It reads one row ahead: whether a row of `INSERT .. RETURNING` was stored is known only once the
/// statement has ended, which for a deferred constraint is behind its last row.
///
/// # Cancellation
///
/// Dropping it early is safe: if the server is still sending when the connection is dropped too,
/// the statement is cancelled and the connection closed.
pub struct RowStream {
    rows: Option<Rows>,
    ahead: Option<Row>,
    streams: Streams,
}

impl RowStream {
    pub(super) fn new(rows: Rows, streams: Streams) -> Self {
        streams.lock().live += 1;
        Self { rows: Some(rows), ahead: None, streams }
    }
}

impl Stream for RowStream {
    type Item = QueryResult<Row>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(rows) = self.rows.as_mut() {
            match rows.as_mut().poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(row))) => {
                    if let Some(before) = self.ahead.replace(row) {
                        return Poll::Ready(Some(Ok(before)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    self.ahead = None;
                    let error = refused(error, &self.streams.denials);
                    if is_unproved(&error) {
                        self.streams.lock().unproved = true;
                    }
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => {
                    self.rows = None;
                    self.streams.lock().live -= 1;
                }
            }
        }
        Poll::Ready(self.ahead.take().map(Ok))
    }
}

impl Drop for RowStream {
    fn drop(&mut self) {
        if let Some(rows) = self.rows.take() {
            self.streams.abandon(rows);
        }
    }
}

impl fmt::Debug for RowStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").finish_non_exhaustive()
    }
}

/// What a connection knows of its results that were not read to their end.
///
/// `get_result` leaves one if there are more rows than it asked for.
#[derive(Clone)]
pub(super) struct Streams {
    unread: Arc<Mutex<Unread>>,
    denials: Arc<Denials>,
}

#[derive(Default)]
struct Unread {
    /// Streams that somebody holds, or forgot: until they are read, nothing behind them arrives.
    live: usize,
    /// The rest of those that were dropped.
    abandoned: Vec<Rows>,
    /// The signature of the scope was refused.
    unproved: bool,
    /// Whether something was sent behind them that is not answered yet.
    is_followed: bool,
}

impl Streams {
    pub(super) fn new(denials: Arc<Denials>) -> Self {
        Self { unread: Arc::default(), denials }
    }

    fn abandon(&self, rows: Rows) {
        let mut unread = self.lock();
        unread.live -= 1;
        if !unread.is_followed {
            unread.abandoned.extend(unless_ended(rows));
        }
    }

    /// Lets go of them ahead of an operation. Its answer comes behind theirs, which would keep it waiting as
    /// long as there is somebody to read them.
    pub(super) fn follow(&self) {
        let mut unread = self.lock();
        unread.is_followed = true;
        unread.abandoned.clear();
    }

    /// The server answers in order: when the operation is done, earlier results are too.
    pub(super) fn followed(&self) {
        self.lock().is_followed = false;
    }

    pub(super) fn are_live(&self) -> bool {
        self.lock().live > 0
    }

    /// Whether the server may still be at work on a result that nobody reads.
    pub(super) fn are_pending(&self) -> bool {
        let mut unread = self.lock();
        let abandoned = std::mem::take(&mut unread.abandoned);
        unread.live > 0 || abandoned.into_iter().any(|rows| unless_ended(rows).is_some())
    }

    /// Whether the server refused the signature of the scope.
    pub(super) fn are_unproved(&self) -> bool {
        self.lock().unproved
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Unread> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
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
