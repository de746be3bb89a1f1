//! The connections that applications hold.

use std::fmt;

use diesel::associations::HasTable;
use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, Instrumentation,
    LoadConnection, SimpleConnection, TransactionManager, TransactionManagerStatus,
};
use diesel::expression::QueryMetadata;
use diesel::pg::Pg;
use diesel::query_builder::{
    AsChangeset, AsQuery, IntoUpdateTarget, Query, QueryFragment, QueryId,
};
use diesel::query_dsl::{LoadQuery, UpdateAndFetchResults};
use diesel::result::Error as DieselError;
use diesel::{ConnectionError, ConnectionResult, PgConnection, QueryResult, RunQueryDsl};
use tenants_core::TenantId;

use super::engine::Engine;
use crate::error::ScopeError;
use crate::settings::AdminReason;

/// A connection scoped to one tenant: it reads and writes that tenant's rows only.
pub type TenantConnection = ScopedConnection<TenantId>;

/// A connection for cross-tenant work, from [`TenantPool::admin`](super::TenantPool::admin).
pub type AdminConnection = ScopedConnection<AdminReason>;

/// A pooled connection in scope `S`, for all of Diesel's query methods.
///
/// `S` says whose rows it shows; see [`TenantConnection`] and [`AdminConnection`], which are
/// different types, so that code written for one tenant cannot be handed all of them.
///
/// # Executed SQL
///
/// Nothing, until the first operation. Ahead of it, the messages of
/// [`tenants_core::scope::Scope`].
///
/// # Security
///
/// There is no `Deref` to the raw connection: with it, safe code could swap two tenants'
/// connections. [`unchecked_as_pg`](Self::unchecked_as_pg) is the door, and says so.
///
/// ```compile_fail,E0308
/// # use tenants_diesel::sync::TenantConnection;
/// fn raw(conn: &mut TenantConnection) -> &mut diesel::PgConnection {
///     conn
/// }
/// ```
///
/// A connection that is dropped by a panic, in an open transaction or after a failed scope is
/// closed, not reused.
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
    pub fn unchecked_as_pg(&mut self) -> QueryResult<&mut PgConnection> {
        self.engine.expose()
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
    pub fn unchecked_batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.engine.expose()?.batch_execute(sql)
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

impl<S> SimpleConnection for ScopedConnection<S> {
    /// Refuses: one message could hold statements that leave the scope.
    fn batch_execute(&mut self, _: &str) -> QueryResult<()> {
        Err(ScopeError::BatchRefused.into())
    }
}

impl<S> ConnectionSealed for ScopedConnection<S> {}

impl<S: Send> Connection for ScopedConnection<S> {
    type Backend = Pg;
    type TransactionManager = ScopedTransactionManager;

    /// Fails: a scoped connection comes from a pool.
    fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::BadConnection(ScopeError::NotFromPool.to_string()))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        self.engine.execute_returning_count(source)
    }

    /// Runs a closure in a transaction, or inside of one in a savepoint.
    ///
    /// # Panics
    ///
    /// Only if the closure does. Whoever catches that finds a connection that refuses further work: on
    /// a plain `PgConnection` the next transaction would be a savepoint of this one, and be lost with it
    /// after it was reported as committed.
    fn transaction<T, E, F>(&mut self, closure: F) -> Result<T, E>
    where
        F: FnOnce(&mut Self) -> Result<T, E>,
        E: From<DieselError>,
    {
        let mut unfinished = Unfinished { conn: self, is_finished: false };
        let result = ScopedTransactionManager::transaction(unfinished.conn, closure);
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

/// A transaction whose closure is running, or panicked.
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

/// In all loading modes of [`PgConnection`].
impl<S, B> LoadConnection<B> for ScopedConnection<S>
where
    S: Send,
    PgConnection: LoadConnection<B, Backend = Pg>,
{
    type Cursor<'conn, 'query>
        = <PgConnection as LoadConnection<B>>::Cursor<'conn, 'query>
    where
        S: 'conn;
    type Row<'conn, 'query>
        = <PgConnection as LoadConnection<B>>::Row<'conn, 'query>
    where
        S: 'conn;

    fn load<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        LoadConnection::<B>::load(&mut self.engine, source)
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

    fn begin_transaction(conn: &mut ScopedConnection<S>) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction(&mut conn.engine)
    }

    fn rollback_transaction(conn: &mut ScopedConnection<S>) -> QueryResult<()> {
        AnsiTransactionManager::rollback_transaction(&mut conn.engine)
    }

    fn commit_transaction(conn: &mut ScopedConnection<S>) -> QueryResult<()> {
        AnsiTransactionManager::commit_transaction(&mut conn.engine)
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

/// `save_changes`, under the bounds of Diesel's own implementation for PostgreSQL.
impl<'b, S, Changes, Output> UpdateAndFetchResults<Changes, Output> for ScopedConnection<S>
where
    S: Send,
    Changes: Copy + AsChangeset<Target = <Changes as HasTable>::Table> + IntoUpdateTarget,
    diesel::dsl::Update<Changes, Changes>: AsQuery + LoadQuery<'b, Self, Output>,
{
    fn update_and_fetch(&mut self, changeset: Changes) -> QueryResult<Output> {
        diesel::update(changeset).set(changeset).get_result(self)
    }
}
