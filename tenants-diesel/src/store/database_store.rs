//! A store in a database, over a pool of connections.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Manager, Object, Pool, PoolError};
use tenants_core::TenantId;
use tenants_core::store::{
    Filter, InstallError, Limit, ListQuery, Merge, Metadata, NewTenant, Page, ReservedSlugs, Slug,
    StoreError, Tenant, TenantChanges, TenantStatus, Version, Walked,
};

use super::codec::SecretCodec;
use super::connection::StoreConnection;
use super::operations::{Operations, Settings};
use super::tenant_store::TenantStore;

/// A store in a database, over a pool of connections.
///
/// In PostgreSQL the records are those that admit tenants into a scope, in `tenants.tenant`: a tenant that is suspended
/// here is refused from then on by each pool in each process. Elsewhere they are in a table of their own,
/// `tenants_tenant`.
///
/// # Security
///
/// The store reads and writes all tenants. Give it a login of its own, `tenants setup --provisioner`, which injected SQL
/// cannot become. No other one may read the records, and a pool of scoped connections is not taken:
///
/// ```compile_fail
/// fn store(pool: tenants_diesel::TenantPool) {
///     tenants_diesel::store::DatabaseStore::new(pool);
/// }
/// ```
///
/// # Cancellation
///
/// The connection of a dropped future is closed, and a change that was made by half is rolled back. With SQLite,
/// diesel-async waits for its thread then, for which it needs tokio's multi-thread runtime.
pub struct DatabaseStore<M: Manager> {
    pool: Pool<M>,
    settings: Arc<Settings>,
}

impl<M: Manager> DatabaseStore<M> {
    /// A store over a pool, with the usual reserved slugs, which stores URLs of databases as they are.
    #[must_use]
    pub fn new(pool: Pool<M>) -> Self {
        Self { pool, settings: Arc::default() }
    }

    /// Reserves other slugs.
    #[must_use]
    pub fn reserved_slugs(self, reserved: ReservedSlugs) -> Self {
        Self { settings: Arc::new(self.settings.with_reserved(reserved)), ..self }
    }

    /// Seals URLs of databases before they are stored.
    #[must_use]
    pub fn codec(self, codec: impl SecretCodec + 'static) -> Self {
        Self { settings: Arc::new(self.settings.with_codec(codec)), ..self }
    }

    /// The pool: its connections are for [`on`](Self::on).
    #[must_use]
    pub fn pool(&self) -> &Pool<M> {
        &self.pool
    }

    /// Waits for the lock of a record no longer than this, where the default is ten seconds: then it is
    /// [`StoreError::Timeout`].
    ///
    /// It binds each change in a transaction of its own. In SQLite and MySQL the connection keeps it, as `busy_timeout` and,
    /// in whole seconds, `innodb_lock_wait_timeout`. A transaction of the caller's waits as the caller says.
    #[must_use]
    pub fn lock_timeout(self, lock_timeout: Duration) -> Self {
        Self { settings: Arc::new(self.settings.with_lock_timeout(lock_timeout)), ..self }
    }

    /// The same operations on a connection of the caller's, also within a transaction of the caller's: a tenant is made
    /// together with what the application stores of it, or not at all.
    pub fn on<'a>(&'a self, connection: &'a mut M::Type) -> Operations<'a, M::Type> {
        Operations { connection, settings: &self.settings }
    }

    async fn checkout(&self) -> Result<Object<M>, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => StoreError::Timeout,
            _ => StoreError::Unavailable,
        })
    }
}

/// A connection whose operation has not ended. If its future is dropped the connection is closed: in the pool it would
/// hold locks until somebody checks it out.
struct Unfinished<M: Manager>(Option<Object<M>>);

impl<M: Manager> Unfinished<M> {
    /// Gives the connection back to the pool.
    fn finish(mut self) {
        drop(self.0.take());
    }
}

impl<M: Manager> Drop for Unfinished<M> {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

/// Checks a connection out and does something on it.
macro_rules! on {
    ($store:ident.$operation:ident($($argument:expr),*)) => {{
        let mut checkout = Unfinished(Some($store.checkout().await?));
        let Some(connection) = &mut checkout.0 else { return Err(StoreError::Unavailable.into()) };
        let done = $store.on(connection).$operation($($argument),*).await;
        checkout.finish();
        done
    }};
}

impl<M: Manager<Type: StoreConnection>> DatabaseStore<M> {
    /// Makes the table in SQLite, MySQL or MariaDB, or brings it up to date: [`Operations::install`].
    ///
    /// # Errors
    ///
    /// [`InstallError`], as it says.
    pub async fn install(&self) -> Result<(), InstallError> {
        on!(self.install())
    }

    /// Checks that the table is there and has all that the store needs: [`Operations::verify`].
    ///
    /// # Errors
    ///
    /// [`InstallError`], as it says.
    pub async fn verify(&self) -> Result<(), InstallError> {
        on!(self.verify())
    }
}

impl<M: Manager> Clone for DatabaseStore<M> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), settings: Arc::clone(&self.settings) }
    }
}

impl<M: Manager> fmt::Debug for DatabaseStore<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseStore").finish_non_exhaustive()
    }
}

impl<M> TenantStore for DatabaseStore<M>
where
    M: Manager<Type: StoreConnection> + Sync,
{
    async fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        on!(self.create(new))
    }

    async fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        on!(self.get(id))
    }

    async fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        on!(self.get_by_slug(slug))
    }

    async fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        on!(self.get_many(ids))
    }

    async fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        on!(self.update(id, expected, changes))
    }

    async fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        on!(self.transition(id, from, to))
    }

    async fn transition_many(
        &self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> Result<usize, StoreError> {
        on!(self.transition_many(ids, to))
    }

    async fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        on!(self.merge_metadata(id, patch, mode))
    }

    async fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        on!(self.remove_metadata(id, keys))
    }

    async fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        on!(self.delete(id))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        on!(self.list(query))
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        on!(self.count(filter))
    }

    async fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        on!(self.search(text, limit))
    }

    async fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        on!(self.walk_from(filter, after, limit))
    }
}
