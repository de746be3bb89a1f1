//! The connections that applications hold.

use std::fmt;

use diesel::connection::{CacheSize, Instrumentation, TransactionManagerStatus};
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::Error as DieselError;
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, AsyncPgConnection,
    SimpleAsyncConnection, TransactionManager, UpdateAndFetchResults,
};
use futures_util::future::BoxFuture;
use tenants_core::TenantId;

use super::closure::AsyncClosure;
use super::engine::Engine;
use super::rows::{Row, RowStream};
use crate::error::ScopeError;
use crate::settings::AdminReason;

/// A connection scoped to one tenant: it reads and writes that tenant's rows only.
pub type TenantConnection = ScopedConnection<TenantId>;

/// A connection for cross-tenant work, from [`TenantPool::admin`](crate::TenantPool::admin).
pub type AdminConnection = ScopedConnection<AdminReason>;

/// A pooled connection in scope `S`, for all of Diesel's query methods.
///
/// `S` says whose rows it shows; see [`TenantConnection`] and [`AdminConnection`], which are
/// different types, so that code written for one tenant cannot be handed all of them.
///
/// # Executed SQL
///
/// Nothing, until the first operation. Then, without waiting and in one round trip with it, the
/// messages of [`tenants_core::scope::Scope`].
///
/// # Security
///
/// There is no `Deref` to the raw connection: with it, safe code could swap two tenants'
/// connections. [`unchecked_as_pg`](Self::unchecked_as_pg) is the door, and says so.
///
/// # Cancellation
///
/// A statement whose future is dropped is cancelled on the server. The connection refuses further
/// work and is closed when dropped, together with its open transaction.
pub struct ScopedConnection<S> {
    engine: Engine,
    scope: S,
}

impl<S> ScopedConnection<S> {
    pub(super) fn new(engine: Engine, scope: S) -> Self {
        Self { engine, scope }
    }

    pub(super) fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Hands out the raw connection, in scope, for code that insists on it.
    ///
    /// # Errors
    ///
    /// The error of the scope, if it was not entered yet and cannot be.
    ///
    /// # Security
    ///
    /// Whoever holds it can leave the scope. The connection is closed afterwards, not reused.
    pub async fn unchecked_as_pg(&mut self) -> QueryResult<&mut AsyncPgConnection> {
        self.engine.expose().await
    }

    /// Runs several statements, unchecked, in one message of the simple protocol.
    ///
    /// # Errors
    ///
    /// The first statement's that fails.
    ///
    /// # Security
    ///
    /// As for [`unchecked_as_pg`](Self::unchecked_as_pg): never pass it text that came from outside.
    pub async fn unchecked_batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.engine.expose().await?.batch_execute(sql).await
    }
}

impl TenantConnection {
    /// The tenant whose rows this connection shows.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.scope
    }
}

impl AdminConnection {
    /// The reason that was given for this cross-tenant work.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.scope.0
    }
}

impl<S: fmt::Debug> fmt::Debug for ScopedConnection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedConnection").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl<S: Send> SimpleAsyncConnection for ScopedConnection<S> {
    /// Refuses: one message could hold statements that leave the scope.
    async fn batch_execute(&mut self, _: &str) -> QueryResult<()> {
        Err(ScopeError::BatchRefused.into())
    }
}

impl<S: Send> AsyncConnectionCore for ScopedConnection<S> {
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
        self.engine.load(source)
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        self.engine.execute(source)
    }
}

impl<S: Send> AsyncConnection for ScopedConnection<S> {
    type TransactionManager = ScopedTransactionManager;

    /// Fails: a scoped connection comes from a pool.
    async fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::BadConnection(ScopeError::NotFromPool.to_string()))
    }

    /// Runs a closure in a transaction, or inside of one in a savepoint.
    ///
    /// # Cancellation
    ///
    /// Once the future is dropped, wherever it was, the connection refuses further work: on a plain
    /// diesel-async connection the next transaction would be a savepoint of this one, and be lost
    /// with it after it was reported as committed.
    async fn transaction<'a, 'conn, R, E, F>(&'conn mut self, callback: F) -> Result<R, E>
    where
        for<'r> F: AsyncFnOnce(&'r mut Self) -> Result<R, E>
            + AsyncClosure<&'r mut Self, Result<R, E>, Fut: Send>
            + Send
            + 'a,
        E: From<DieselError> + Send + 'a,
        R: Send + 'a,
        'a: 'conn,
    {
        let mut unfinished = Unfinished { conn: self, is_finished: false };
        let result = ScopedTransactionManager::transaction(unfinished.conn, callback).await;
        unfinished.is_finished = true;
        result
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        self.engine.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.engine.expose_instrumentation();
        self.engine.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.engine.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.engine.set_prepared_statement_cache_size(size);
    }
}

/// A transaction whose future is running, or was dropped.
struct Unfinished<'a, S> {
    conn: &'a mut ScopedConnection<S>,
    is_finished: bool,
}

impl<S> Drop for Unfinished<'_, S> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.conn.engine.abandon();
        }
    }
}

/// Begins, commits and rolls back the transactions of a [`ScopedConnection`].
///
/// Diesel's own [`AnsiTransactionManager`], which a scoped connection lets through where it
/// refuses everybody else's `batch_execute`.
#[derive(Debug)]
pub struct ScopedTransactionManager;

impl<S: Send> TransactionManager<ScopedConnection<S>> for ScopedTransactionManager {
    type TransactionStateData = AnsiTransactionManager;

    async fn begin_transaction(conn: &mut ScopedConnection<S>) -> QueryResult<()> {
        conn.engine.ready()?;
        AnsiTransactionManager::begin_transaction(&mut conn.engine).await
    }

    async fn rollback_transaction(conn: &mut ScopedConnection<S>) -> QueryResult<()> {
        conn.engine.ready()?;
        AnsiTransactionManager::rollback_transaction(&mut conn.engine).await
    }

    async fn commit_transaction(conn: &mut ScopedConnection<S>) -> QueryResult<()> {
        conn.engine.ready()?;
        AnsiTransactionManager::commit_transaction(&mut conn.engine).await
    }

    fn transaction_manager_status_mut(
        conn: &mut ScopedConnection<S>,
    ) -> &mut TransactionManagerStatus {
        AnsiTransactionManager::transaction_manager_status_mut(&mut conn.engine)
    }

    fn is_broken_transaction_manager(conn: &mut ScopedConnection<S>) -> bool {
        AnsiTransactionManager::is_broken_transaction_manager(&mut conn.engine)
    }
}

/// `save_changes`, under the bounds of diesel-async's own implementation for PostgreSQL.
impl<'b, S, Changes, Output, Tab, V> UpdateAndFetchResults<Changes, Output> for ScopedConnection<S>
where
    S: Send,
    Output: Send + 'static,
    Changes: Copy
        + diesel::AsChangeset<Target = Tab>
        + Send
        + diesel::associations::Identifiable<Table = Tab>,
    Tab: diesel::Table + diesel::query_dsl::methods::FindDsl<Changes::Id> + 'b,
    diesel::dsl::Find<Tab, Changes::Id>:
        diesel::query_builder::IntoUpdateTarget<Table = Tab, WhereClause = V>,
    diesel::query_builder::UpdateStatement<Tab, V, Changes::Changeset>: AsQuery,
    diesel::dsl::Update<Changes, Changes>: diesel_async::methods::LoadQuery<'b, Self, Output>,
    V: Send + 'b,
    Changes::Changeset: Send + 'b,
    Tab::FromClause: Send,
{
    fn update_and_fetch<'conn, 'changes>(
        &'conn mut self,
        changeset: Changes,
    ) -> BoxFuture<'changes, QueryResult<Output>>
    where
        Changes: 'changes,
        Changes::Changeset: 'changes,
        'conn: 'changes,
        Self: 'changes,
    {
        use diesel_async::RunQueryDsl;
        Box::pin(async move { diesel::update(changeset).set(changeset).get_result(self).await })
    }
}
