//! The first operation of a scope travels behind the scope's message, without waiting.

use std::borrow::Cow;
use std::task::{Context, Poll};

use diesel::QueryResult;
use diesel::result::Error as DieselError;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::BoxFuture;
use tenants_core::scope::OPEN_TRANSACTION;

use crate::error::{ScopeError, is_untold, says_the_same, typed, unnamed};
use crate::messages::Messages;

/// Polls the scope message ahead of the operation. A message is queued at its first poll, so the
/// order here is the order on the wire.
pub(super) struct Pipeline<'a, R> {
    enter: Option<BoxFuture<'a, QueryResult<()>>>,
    entered: QueryResult<()>,
    operation: Option<BoxFuture<'a, QueryResult<R>>>,
    result: Option<QueryResult<R>>,
}

impl<'a, R> Pipeline<'a, R> {
    pub(super) fn new(
        enter: BoxFuture<'a, QueryResult<()>>,
        operation: BoxFuture<'a, QueryResult<R>>,
    ) -> Self {
        Self { enter: Some(enter), entered: Ok(()), operation: Some(operation), result: None }
    }

    /// The operation's result, or the error of the scope message. The error of the operation behind
    /// it would only be a consequence (rule 1).
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<QueryResult<QueryResult<R>>> {
        if let Some(enter) = &mut self.enter {
            if let Poll::Ready(entered) = enter.as_mut().poll(cx) {
                self.enter = None;
                self.entered = entered;
            }
        }
        if let Some(operation) = &mut self.operation {
            if let Poll::Ready(result) = operation.as_mut().poll(cx) {
                self.operation = None;
                self.result = Some(result);
            }
        }
        if self.enter.is_some() {
            return Poll::Pending;
        }
        match std::mem::replace(&mut self.entered, Ok(())) {
            Err(error) => Poll::Ready(Err(error)),
            Ok(()) => self.result.take().map_or(Poll::Pending, |done| Poll::Ready(Ok(done))),
        }
    }
}

/// Finds out why a scope could not be entered.
pub(super) async fn explain(
    connection: &AsyncPgConnection,
    messages: &Messages,
    error: DieselError,
) -> DieselError {
    if is_untold(&error) {
        for provocation in OPEN_TRANSACTION {
            let again = send(connection, provocation).await;
            if again.is_err_and(|again| says_the_same(&error, &again)) {
                return ScopeError::OpenTransaction.into();
            }
        }
    }
    unnamed(typed(error), messages.tenant_role.as_ref())
}

pub(super) fn send<'a>(
    connection: &'a AsyncPgConnection,
    sql: impl Into<Cow<'a, str>>,
) -> BoxFuture<'a, QueryResult<()>> {
    let sql = sql.into();
    Box::pin(async move {
        let mut shared = connection;
        shared.batch_execute(&sql).await
    })
}

/// Sets `in_flight` before the operation's future is polled for the first time: a future that is
/// forgotten goes on sharing the connection.
pub(super) struct Flight<'a> {
    in_flight: &'a mut bool,
    pub(super) started: bool,
}

impl<'a> Flight<'a> {
    pub(super) fn new(in_flight: &'a mut bool) -> Self {
        *in_flight = true;
        Self { in_flight, started: false }
    }

    pub(super) fn landed(&mut self) {
        self.started = false;
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if !self.started {
            *self.in_flight = false;
        }
    }
}
