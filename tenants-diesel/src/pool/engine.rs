//! A pooled connection that sends its scope ahead of its first operation.
//!
//! This file and `tenants_core::scope` are what isolation rests on. "Rule" refers to the
//! fail-closed rules of `docs/DESIGN.md`.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use diesel::connection::{
    CacheSize, Instrumentation, TransactionDepthChange, TransactionManagerStatus,
};
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, AsyncPgConnection,
    SimpleAsyncConnection, TransactionManager,
};
use futures_util::Stream;
use futures_util::future::BoxFuture;
use tenants_core::Sql;
use tokio_postgres::CancelToken;

use super::leaving::{park, stop};
use super::pipeline::{Flight, Pipeline, explain, send};
use super::rows::{Row, RowStream, Streams};
use crate::error::{ScopeError, is_conflict, is_unproved, typed};
use crate::messages::{Ends, EngineId, Messages};
use crate::raw::Residue;

/// Asks the server to stop what a connection is doing.
pub(super) type Cancel = Arc<dyn Fn(CancelToken) -> BoxFuture<'static, ()> + Send + Sync>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent yet: the connection is as the pool handed it out.
    Pending,
    /// The server confirmed the scope.
    Entered,
    /// The transaction of the scope has ended, and no statement may run any more.
    Left,
    /// It could not be committed, and may still be open: a rollback is due, and no statement may run.
    Failed,
    /// No statement may run, and the connection must not be reused.
    Unusable,
}

pub(super) struct Engine {
    id: EngineId,
    /// Taken by `Drop` alone.
    connection: Option<Object<AsyncPgConnection>>,
    messages: Messages,
    state: State,
    /// Set while an operation runs, and for good if its future was dropped.
    in_flight: bool,
    /// What the statements that ran may leave behind.
    residue: Residue,
    streams: Streams,
    cancel: Cancel,
}

impl Engine {
    pub(super) fn new(
        connection: Object<AsyncPgConnection>,
        messages: Messages,
        cancel: Cancel,
    ) -> Self {
        Self {
            id: EngineId::next(),
            connection: Some(connection),
            streams: Streams::new(Arc::clone(&messages.denials)),
            messages,
            state: State::Pending,
            in_flight: false,
            residue: Residue::None,
            cancel,
        }
    }

    /// Runs one operation in scope. The first one travels behind the scope messages, and its
    /// result is released only if each of them succeeded.
    ///
    /// # Cancellation
    ///
    /// A future dropped before it is done leaves `in_flight` set: later operations are refused,
    /// and `Drop` cancels the statement and closes the connection.
    fn run<'a, R: Send + 'a>(
        &'a mut self,
        operation: impl FnOnce(&'a AsyncPgConnection) -> BoxFuture<'a, QueryResult<R>>,
    ) -> BoxFuture<'a, QueryResult<R>> {
        let ahead = self.ahead();
        let Self { connection, messages, state, in_flight, streams, .. } = self;
        let connection: &'a AsyncPgConnection = match connection {
            Some(connection) if !*in_flight => connection,
            _ => return refuse(ScopeError::Cancelled),
        };
        match (*state, ahead) {
            (State::Unusable | State::Left | State::Failed, _) | (State::Pending, None) => {
                refuse(ScopeError::NotEntered)
            }
            (State::Entered, None) => {
                let mut flight = Flight::new(in_flight);
                let messages: &Messages = messages;
                let operation = operation(connection);
                Box::pin(async move {
                    flight.started = true;
                    streams.follow();
                    let result = operation.await.map_err(|error| messages.refused(error));
                    flight.landed();
                    streams.followed();
                    if is_doubtful(&result) {
                        *state = State::Unusable;
                    }
                    result
                })
            }
            (State::Pending | State::Entered, Some(ahead)) => {
                let messages: &Messages = messages;
                let mut flight = Flight::new(in_flight);
                let enter = send(connection, String::from(ahead));
                let mut pipeline = Pipeline::new(enter, operation(connection));
                Box::pin(async move {
                    flight.started = true;
                    streams.follow();
                    let entered = std::future::poll_fn(|cx| pipeline.poll(cx)).await;
                    drop(pipeline);
                    let result = match entered {
                        Ok(result) => {
                            let result = result.map_err(|error| messages.refused(error));
                            *state =
                                if is_doubtful(&result) { State::Unusable } else { State::Entered };
                            result
                        }
                        Err(error) => {
                            *state = State::Unusable;
                            Err(explain(connection, messages, error).await)
                        }
                    };
                    flight.landed();
                    streams.followed();
                    result
                })
            }
        }
    }

    /// What travels ahead of an operation: the scope, or what makes its signature last. Inside of a
    /// transaction it does so anyway.
    fn ahead(&mut self) -> Option<Sql> {
        if self.in_flight {
            return None;
        }
        match self.state {
            State::Pending => Some(self.messages.enter()),
            State::Entered => {
                let is_idle = self.depth().is_none();
                is_idle.then(|| self.messages.renewal()).flatten()
            }
            State::Left | State::Failed | State::Unusable => None,
        }
    }

    pub(super) fn id(&self) -> EngineId {
        self.id
    }

    /// This engine, which refuses to end a transaction that another one began.
    pub(super) fn of(&mut self, begun: EngineId) -> &mut Self {
        if self.id != begun {
            self.abandon();
        }
        self
    }

    /// Hands out the connection itself, in scope, and never gives it back to its pool.
    pub(super) async fn expose(&mut self) -> QueryResult<&mut AsyncPgConnection> {
        self.run(|_| Box::pin(std::future::ready(Ok(())))).await?;
        self.residue = Residue::Lasting;
        let raw = self.raw();
        {
            // What an earlier user of the connection was still to hear.
            let mut heard = std::pin::pin!(raw.notifications_stream());
            let mut cx = Context::from_waker(Waker::noop());
            while let Poll::Ready(Some(_)) = heard.as_mut().poll_next(&mut cx) {}
        }
        Ok(raw)
    }

    pub(super) fn load<'a, T>(&'a mut self, source: T) -> BoxFuture<'a, QueryResult<RowStream>>
    where
        T: AsQuery,
        T::Query: QueryFragment<Pg> + QueryId,
    {
        let query = source.as_query();
        if let Err(error) = self.take_note_of(&query) {
            return refuse(error);
        }
        let streams = self.streams.clone();
        let rows = self.run(|connection| {
            let mut shared = connection;
            AsyncConnectionCore::load(&mut shared, query)
        });
        Box::pin(async move { Ok(RowStream::new(rows.await?, streams)) })
    }

    pub(super) fn execute<'a, T>(&'a mut self, source: T) -> BoxFuture<'a, QueryResult<usize>>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        if let Err(error) = self.take_note_of(&source) {
            return refuse(error);
        }
        self.run(|connection| {
            let mut shared = connection;
            AsyncConnectionCore::execute_returning_count(&mut shared, source)
        })
    }

    fn take_note_of<T: QueryFragment<Pg> + QueryId>(
        &mut self,
        query: &T,
    ) -> Result<(), ScopeError> {
        self.residue = self.residue.max(Residue::of(query)?);
        Ok(())
    }

    /// Takes note that code outside of this crate can watch the statements from now on, other tenants'
    /// too if the connection were reused.
    pub(super) fn expose_instrumentation(&mut self) {
        self.residue = Residue::Lasting;
    }

    /// Counts the transaction that the scope messages begin.
    pub(super) fn count_transaction(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::transaction_manager_status_mut(self)
            .transaction_state()?
            .change_transaction_depth(TransactionDepthChange::IncreaseDepth)
    }

    /// Ends the transaction that the scope messages began.
    ///
    /// # Cancellation
    ///
    /// As for [`run`](Self::run): the server commits or does not, and the connection is closed.
    pub(super) async fn finish(&mut self, finish: Finish) -> QueryResult<()> {
        if self.in_flight || self.depth() != Some(1) {
            self.state = State::Unusable;
            return Err(ScopeError::ScopeLost.into());
        }
        match (self.state, finish) {
            (State::Entered, Finish::Commit) => {
                AnsiTransactionManager::commit_transaction(self).await
            }
            (State::Entered, Finish::Rollback) => {
                AnsiTransactionManager::rollback_transaction(self).await
            }
            // Nothing was sent, or `park` ends the transaction.
            (State::Pending, _) | (State::Entered, Finish::Queue) => {
                *AnsiTransactionManager::transaction_manager_status_mut(self) =
                    TransactionManagerStatus::default();
                Ok(())
            }
            (State::Left | State::Failed | State::Unusable, _) => {
                Err(ScopeError::NotEntered.into())
            }
        }
    }

    /// Refuses what would panic in diesel-async, behind a future that was dropped or forgotten.
    pub(super) fn ready(&self) -> QueryResult<()> {
        if self.in_flight { Err(ScopeError::Cancelled.into()) } else { Ok(()) }
    }

    /// Refuses everything from now on: a future that used the connection was dropped (rule 9).
    pub(super) fn abandon(&mut self) {
        self.in_flight = true;
    }

    fn depth(&mut self) -> Option<u32> {
        match AnsiTransactionManager::transaction_manager_status_mut(self) {
            TransactionManagerStatus::Valid(status) => status.transaction_depth().map(u32::from),
            TransactionManagerStatus::InError => Some(u32::MAX),
        }
    }

    fn raw(&mut self) -> &mut AsyncPgConnection {
        match self.connection.as_deref_mut() {
            Some(connection) => connection,
            None => unreachable!("only `Drop` takes the connection"),
        }
    }

    /// The state behind a `COMMIT` or `ROLLBACK` of the outermost transaction.
    fn after_end(&self, result: &QueryResult<()>) -> State {
        match (result, self.messages.ends) {
            _ if self.state == State::Unusable => State::Unusable,
            (Ok(()), Ends::WithTransaction) => State::Left,
            (Ok(()), Ends::WithConnection) => State::Entered,
            // A deferred constraint found a conflict: ahead of `COMMIT`, where scopes end with it.
            (Err(error), Ends::WithTransaction) if is_conflict(error) => State::Failed,
            // `COMMIT` itself did, so the transaction is over.
            (Err(error), Ends::WithConnection) if is_conflict(error) => State::Entered,
            // Anything else may have left it open, out of scope or not (rule 10).
            (Err(_), _) => State::Unusable,
        }
    }
}

/// How the transaction of a scope ends.
pub(super) enum Finish {
    Commit,
    Rollback,
    /// Without waiting, by the messages that park the connection.
    Queue,
}

/// Whether the answer was not the server's to this statement: it may have left the connection in the
/// middle of something, such as `COPY` (rule 10).
pub(super) fn is_doubtful<R>(result: &QueryResult<R>) -> bool {
    match result {
        Err(DieselError::DatabaseError(kind, _)) => matches!(
            kind,
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection
        ),
        Err(error) => is_unproved(error),
        Ok(_) => false,
    }
}

fn refuse<'a, R: Send + 'a>(error: ScopeError) -> BoxFuture<'a, QueryResult<R>> {
    Box::pin(std::future::ready(Err(error.into())))
}

impl Drop for Engine {
    fn drop(&mut self) {
        let depth = self.depth();
        let broken = AnsiTransactionManager::is_broken_transaction_manager(self);
        let Some(connection) = self.connection.take() else { return };
        let idle = depth.is_none() && !broken && !self.in_flight && !std::thread::panicking();
        // Behind a refused scope the statement may still run.
        let at_work = !idle || self.state == State::Unusable || self.streams.are_pending();
        let runtime = tokio::runtime::Handle::try_current();
        if at_work || self.residue == Residue::Lasting || self.streams.are_unproved() {
            let connection = Object::take(connection);
            // Outside of a runtime nobody can send the request; the socket is closed all the same.
            if let (true, Ok(runtime)) = (at_work, runtime) {
                runtime.spawn(stop(connection, Arc::clone(&self.cancel)));
            }
            return;
        }
        match (self.state, self.messages.ends, runtime) {
            (State::Entered, Ends::WithConnection, Ok(runtime)) => {
                let message = self.messages.park.clone();
                runtime.spawn(park(connection, message, Arc::clone(&self.cancel)));
            }
            // Nor can anybody hear there that the scope was left.
            (State::Entered, Ends::WithConnection, Err(_)) => drop(Object::take(connection)),
            _ => self.queue_end(&connection),
        }
    }
}

impl Engine {
    /// Ends a transaction, and takes away what was left behind one, without waiting.
    ///
    /// The first poll puts a message on the wire. If a statement of it fails, its transaction stays open,
    /// and PostgreSQL refuses every later scope.
    fn queue_end(&self, connection: &AsyncPgConnection) {
        let is_open = matches!(self.state, State::Entered | State::Failed);
        let end = is_open.then_some(&self.messages.park);
        let clean = match self.residue {
            Residue::None => None,
            _ => self.messages.clean.as_ref(),
        };
        let mut cx = Context::from_waker(Waker::noop());
        for sql in end.into_iter().chain(clean) {
            let _ = send(connection, sql.as_str()).as_mut().poll(&mut cx);
        }
    }
}

impl SimpleAsyncConnection for Engine {
    /// Runs the transaction control of `AnsiTransactionManager`, and nothing else: users cannot
    /// name this type.
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let (sql, is_end) = match query {
            "COMMIT" => (Some(self.messages.commit.clone()), true),
            "ROLLBACK" => (Some(self.messages.rollback.clone()), true),
            _ => (None, false),
        };
        if query == "ROLLBACK" && matches!(self.state, State::Failed | State::Unusable) {
            // Diesel rolls back after some failed commits. `Drop` will.
            return Ok(());
        }
        if is_end && self.streams.are_live() {
            // Its answer would come behind rows that nobody may ever read.
            self.state = State::Unusable;
            return Err(ScopeError::Cancelled.into());
        }
        let text = sql.as_ref().map_or(query, Sql::as_str).to_owned();
        let result = self
            .run(|connection| {
                Box::pin(async move {
                    let mut shared = connection;
                    shared.batch_execute(&text).await
                })
            })
            .await;
        if is_end {
            self.state = self.after_end(&result);
        }
        result.map_err(typed)
    }
}

impl AsyncConnectionCore for Engine {
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<RowStream>>;
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type Stream<'conn, 'query> = RowStream;
    type Row<'conn, 'query> = Row;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        Engine::load(self, source)
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        Engine::execute(self, source)
    }
}

impl AsyncConnection for Engine {
    type TransactionManager = AnsiTransactionManager;

    async fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::BadConnection(ScopeError::NotFromPool.to_string()))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        self.raw().transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.raw().instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.expose_instrumentation();
        self.raw().set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.residue = Residue::Lasting;
        self.raw().set_prepared_statement_cache_size(size);
    }
}
