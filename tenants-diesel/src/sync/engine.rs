//! A pooled connection that enters its scope ahead of its first operation.
//!
//! This file and `tenants_core::scope` are what isolation rests on. "Rule" refers to the
//! fail-closed rules of `docs/DESIGN.md`.

use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, Instrumentation,
    LoadConnection, SimpleConnection, TransactionDepthChange, TransactionManager,
    TransactionManagerStatus,
};
use diesel::expression::QueryMetadata;
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::Error as DieselError;
use diesel::{ConnectionError, ConnectionResult, PgConnection, QueryResult};
use tenants_core::Sql;
use tenants_core::scope::OPEN_TRANSACTION;

use super::checkout::{Pooled, close_on_return};
use crate::error::{
    ScopeError, is_conflict, is_unproved, is_untold, says_the_same, typed, unnamed,
};
use crate::messages::{Ends, EngineId, Messages};
use crate::raw::Residue;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent yet: the connection is as the pool handed it out.
    Pending,
    /// The server confirmed the scope.
    Entered,
    /// The transaction of the scope has ended, and no statement may run any more.
    Left,
    /// It could not be committed, and is still open: a rollback is due, and no statement may run.
    Failed,
    /// No statement may run, and the connection must not be reused.
    Unusable,
}

pub(super) struct Engine {
    id: EngineId,
    connection: Pooled,
    messages: Messages,
    state: State,
    /// Set while an operation runs, and for good if it panicked.
    in_flight: bool,
    /// What the statements that ran may leave behind.
    residue: Residue,
}

impl Engine {
    pub(super) fn new(connection: Pooled, messages: Messages) -> Self {
        Self {
            id: EngineId::next(),
            connection,
            messages,
            state: State::Pending,
            in_flight: false,
            residue: Residue::None,
        }
    }

    /// Runs one operation in scope, which the first one enters.
    fn run<'a, R>(
        &'a mut self,
        operation: impl FnOnce(&'a mut PgConnection) -> QueryResult<R>,
    ) -> QueryResult<R> {
        if self.in_flight {
            return Err(ScopeError::Cancelled.into());
        }
        self.enter()?;
        let Self { connection, in_flight, messages, .. } = self;
        *in_flight = true;
        let result = operation(connection).map_err(|error| messages.refused(error));
        *in_flight = false;
        if result.as_ref().is_err_and(is_unproved) {
            self.state = State::Unusable;
        }
        result
    }

    fn enter(&mut self) -> QueryResult<()> {
        let message = match self.state {
            State::Entered => match self.renewal() {
                None => return Ok(()),
                Some(renewal) => renewal,
            },
            State::Pending => self.messages.enter(),
            State::Left | State::Failed | State::Unusable => {
                return Err(ScopeError::NotEntered.into());
            }
        };
        let was = self.state;
        // Until the server has confirmed all of it, also if something here panics (rule 10).
        self.state = State::Unusable;
        let Self { connection, messages, .. } = self;
        if let Err(error) = connection.batch_execute(message.as_str()) {
            return Err(explain(connection, messages, error));
        }
        if was == State::Pending && self.messages.ends == Ends::WithTransaction {
            self.count_transaction()?;
        }
        self.state = State::Entered;
        Ok(())
    }

    /// What makes the signature last; inside of a transaction it does so anyway.
    fn renewal(&mut self) -> Option<Sql> {
        if self.depth().is_some() { None } else { self.messages.renewal() }
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
    pub(super) fn expose(&mut self) -> QueryResult<&mut PgConnection> {
        self.run(|_| Ok(()))?;
        self.residue = Residue::Lasting;
        Ok(&mut self.connection)
    }

    /// Takes note that code outside of this crate can watch the statements from now on, other tenants'
    /// too if the connection were reused.
    pub(super) fn expose_instrumentation(&mut self) {
        self.residue = Residue::Lasting;
    }

    /// Counts the transaction that the scope messages begin. Diesel takes the count back when it
    /// sees that no transaction is open yet, so it is counted before they are sent, for the code
    /// that asks, and again behind them.
    pub(super) fn count_transaction(&mut self) -> QueryResult<()> {
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        *status = TransactionManagerStatus::default();
        status.transaction_state()?.change_transaction_depth(TransactionDepthChange::IncreaseDepth)
    }

    /// Ends the transaction that the scope messages began.
    pub(super) fn finish(&mut self, finish: Finish) -> QueryResult<()> {
        if self.state == State::Unusable {
            return Err(ScopeError::NotEntered.into());
        }
        if self.in_flight || self.depth() != Some(1) {
            self.state = State::Unusable;
            return Err(ScopeError::ScopeLost.into());
        }
        match (self.state, finish) {
            (State::Entered, Finish::Commit) => AnsiTransactionManager::commit_transaction(self),
            (State::Entered, Finish::Rollback) => {
                AnsiTransactionManager::rollback_transaction(self)
            }
            // Nothing was sent.
            (State::Pending, _) => {
                *AnsiTransactionManager::transaction_manager_status_mut(self) =
                    TransactionManagerStatus::default();
                Ok(())
            }
            (State::Left | State::Failed | State::Unusable, _) => {
                Err(ScopeError::NotEntered.into())
            }
        }
    }

    /// Refuses everything from now on: a closure that used the connection panicked.
    pub(super) fn abandon(&mut self) {
        self.in_flight = true;
    }

    fn depth(&mut self) -> Option<u32> {
        match AnsiTransactionManager::transaction_manager_status_mut(self) {
            TransactionManagerStatus::Valid(status) => status.transaction_depth().map(u32::from),
            TransactionManagerStatus::InError => Some(u32::MAX),
        }
    }

    /// Runs the end of the outermost transaction.
    fn end(&mut self, end: Finish) -> QueryResult<()> {
        let sql = match end {
            Finish::Commit => self.messages.commit.clone(),
            Finish::Rollback => self.messages.rollback.clone(),
        };
        let result = match (self.state, end) {
            // Diesel rolls back after a `COMMIT` that failed. No statement follows.
            (State::Failed | State::Unusable, Finish::Rollback) => {
                self.connection.batch_execute(sql.as_str())
            }
            _ => self.run(|connection| connection.batch_execute(sql.as_str())),
        };
        let result = result.map_err(typed);
        self.state = self.after_end(&result);
        result
    }

    /// The state behind a `COMMIT` or `ROLLBACK` of the outermost transaction.
    fn after_end(&mut self, result: &QueryResult<()>) -> State {
        // Diesel's count follows what the server says with each answer.
        let is_over = self.depth().is_none();
        match (result, self.messages.ends) {
            _ if self.state == State::Unusable => State::Unusable,
            (Ok(()), Ends::WithTransaction) => State::Left,
            (Ok(()), Ends::WithConnection) => State::Entered,
            // `COMMIT` itself failed, such as by a deferred constraint.
            (Err(_), Ends::WithTransaction) if is_over => State::Left,
            (Err(_), Ends::WithConnection) if is_over => State::Entered,
            // A deferred constraint failed ahead of `COMMIT`.
            (Err(error), Ends::WithTransaction) if is_conflict(error) => State::Failed,
            // It is open: the scope was lost, or an error before was swallowed (rule 10).
            (Err(_), _) => State::Unusable,
        }
    }

    /// Takes the connection out of scope; `false` if it must not be reused.
    fn park(&mut self) -> bool {
        let is_idle = self.depth().is_none() && !self.in_flight;
        if !is_idle || self.residue == Residue::Lasting || std::thread::panicking() {
            return false;
        }
        let park = match self.state {
            State::Pending => return true,
            State::Entered => Some(&self.messages.park),
            State::Left if self.residue == Residue::None => None,
            State::Left => self.messages.clean.as_ref(),
            State::Failed | State::Unusable => return false,
        };
        park.is_none_or(|sql| self.connection.batch_execute(sql.as_str()).is_ok())
    }
}

/// Finds out why a scope could not be entered.
fn explain(connection: &mut PgConnection, messages: &Messages, error: DieselError) -> DieselError {
    if is_untold(&error) {
        for provocation in OPEN_TRANSACTION {
            let again = connection.batch_execute(provocation);
            if again.is_err_and(|again| says_the_same(&error, &again)) {
                return ScopeError::OpenTransaction.into();
            }
        }
    }
    unnamed(typed(error), messages.tenant_role.as_ref())
}

/// How the transaction of a scope ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Commit,
    Rollback,
}

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.park() {
            close_on_return(&mut self.connection);
        }
    }
}

impl SimpleConnection for Engine {
    /// Runs the transaction control of `AnsiTransactionManager`, and nothing else: users cannot
    /// name this type.
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        match query {
            "COMMIT" => self.end(Finish::Commit),
            "ROLLBACK" => self.end(Finish::Rollback),
            _ => self.run(|connection| connection.batch_execute(query)),
        }
    }
}

impl ConnectionSealed for Engine {}

impl Connection for Engine {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::BadConnection(ScopeError::NotFromPool.to_string()))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        self.residue = self.residue.max(Residue::of(source)?);
        self.run(|connection| connection.execute_returning_count(source))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        PgConnection::transaction_state(&mut self.connection)
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        PgConnection::instrumentation(&mut self.connection)
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.expose_instrumentation();
        self.connection.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.residue = Residue::Lasting;
        self.connection.set_prepared_statement_cache_size(size);
    }
}

impl<B> LoadConnection<B> for Engine
where
    PgConnection: LoadConnection<B, Backend = Pg>,
{
    type Cursor<'conn, 'query> = <PgConnection as LoadConnection<B>>::Cursor<'conn, 'query>;
    type Row<'conn, 'query> = <PgConnection as LoadConnection<B>>::Row<'conn, 'query>;

    fn load<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        self.residue = self.residue.max(Residue::of(&source)?);
        self.run(|connection| LoadConnection::<B>::load(connection, source))
    }
}
