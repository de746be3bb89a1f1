//! Records of tenants, without `.await`: see [`store`](crate::store).

#[cfg(feature = "cache")]
mod cached_store;
#[cfg(feature = "cache")]
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::store::notice` holds")]
mod listener;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use diesel::r2d2::{ManageConnection, Pool, PooledConnection};
use tenants_core::TenantId;
use tenants_core::store::{
    Filter, InstallError, Limit, ListQuery, Merge, Metadata, NewTenant, Page, ReservedSlugs, Slug,
    StoreError, Tenant, TenantChanges, TenantStatus, Version, Walked,
};

#[cfg(feature = "cache")]
pub use cached_store::{CachedStore, CachedStoreBuilder};
#[cfg(feature = "cache")]
pub use listener::Listener;

use crate::store::{MemoryStore, Operations as Awaited, SecretCodec, Settings, StoreConnection};

/// Keeps records of tenants: [`store::TenantStore`](crate::store::TenantStore) without `.await`.
///
/// # Errors
///
/// All methods return [`StoreError`], and say below which of its variants. Each may return `Unavailable`, `Timeout` and
/// `Backend` as well, and each change `Invalid` for a record that cannot be read: it was made then.
pub trait TenantStore: Send + Sync {
    /// Makes a tenant, at version 1 and by the clock of the store.
    ///
    /// # Errors
    ///
    /// `DuplicateId`, also if a tenant of that id was [deleted](Self::delete); `DuplicateSlug`; `Slug` for one that is
    /// reserved; `Name`; `Seal`.
    fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError>;

    /// The tenant of an id.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Invalid` if its record was written past the store and cannot be read.
    fn get(&self, id: &TenantId) -> Result<Tenant, StoreError>;

    /// The tenant of a slug.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError>;

    /// The tenants of some ids, each in the place of its id; `None` where there is no such tenant. As many as you like:
    /// 500 go in one query.
    ///
    /// # Errors
    ///
    /// `Invalid` if one of the records cannot be read.
    fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError>;

    /// Whether there is a tenant of an id, whatever its status.
    fn exists(&self, id: &TenantId) -> Result<bool, StoreError> {
        match self.get(id) {
            Ok(_) | Err(StoreError::Invalid(_)) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Changes a tenant, if it is still at the version that was read.
    ///
    /// Status and metadata stay as they are: a stale update brings neither back.
    ///
    /// # Errors
    ///
    /// `NotFound`; `VersionConflict` if somebody else changed it meanwhile; `DuplicateSlug`; `Slug`; `Name`; `Seal`.
    fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError>;

    /// Gives a tenant another status, if it has one of `from` and [that may become it](TenantStatus::can_become). Of
    /// several callers at once, one succeeds.
    ///
    /// # Errors
    ///
    /// `NotFound`; `IllegalTransition` with the status that it has.
    fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError>;

    /// Gives all of some tenants another status, or none of them, and returns how many. It restores nobody, since a list
    /// of tenants may be out of date: [`transition`](Self::transition) does, one by one.
    ///
    /// # Errors
    ///
    /// `Several`, with all that are missing and all whose status does not allow it.
    fn transition_many(&self, ids: &[TenantId], to: TenantStatus) -> Result<usize, StoreError>;

    /// Puts metadata over what a tenant has. Any number of callers may do so at once; no key of theirs is lost.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Metadata` if the outcome is too large.
    fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError>;

    /// Removes keys of a tenant's metadata; those that are not there are no error.
    ///
    /// # Errors
    ///
    /// `NotFound`
    fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError>;

    /// Removes a tenant for good, whatever its status. Its slug is free from then on; its id is never given again,
    /// since rows of it may be left somewhere.
    ///
    /// # Errors
    ///
    /// `NotFound`
    fn delete(&self, id: &TenantId) -> Result<(), StoreError>;

    /// A part of the list of all tenants, newest first. A record that cannot be read is named beside the others.
    fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError>;

    /// How many tenants there are.
    fn count(&self, filter: &Filter) -> Result<u64, StoreError>;

    /// The tenants whose slug or name holds a text, in upper or lower case: first the one of that slug, then those whose
    /// slug begins with it, then the others; each by slug.
    ///
    /// Which letters are one apart from their case is for the database to say; SQLite knows that of ASCII alone.
    fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError>;

    /// Up to `limit` tenants behind an id, in the order of their ids, and the id that the next ones are behind; `None`
    /// at the end.
    fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError>;

    /// All tenants, in the order of their ids. Each that is there all the time comes once, whatever is changed
    /// meanwhile; 100 are read at a time.
    fn walk(&self, filter: Filter) -> impl Iterator<Item = Result<Tenant, StoreError>>
    where
        Self: Sized,
    {
        let mut place = Some(None);
        let pages = std::iter::from_fn(move || {
            let after: Option<TenantId> = place.take()?;
            match self.walk_from(&filter, after.as_ref(), Limit::default()) {
                Ok((tenants, next)) => {
                    place = next.map(Some);
                    Some(tenants)
                }
                Err(error) => Some(vec![Err(error)]),
            }
        });
        pages.flatten()
    }
}

/// A store in a database, over a pool of connections: [`store::DatabaseStore`](crate::store::DatabaseStore) without
/// `.await`.
///
/// # Security
///
/// The store reads and writes all tenants. Give it a login of its own, `tenants setup --provisioner`, which injected SQL
/// cannot become; never the pool of scoped connections.
pub struct DatabaseStore<M: ManageConnection> {
    pool: Pool<M>,
    settings: Arc<Settings>,
}

impl<M: ManageConnection> DatabaseStore<M> {
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

    /// The same operations on a connection of the caller's, also within a transaction of the caller's.
    pub fn on<'a>(&'a self, connection: &'a mut M::Connection) -> Operations<'a, M::Connection> {
        Operations { awaited: Awaited { connection, settings: &self.settings } }
    }

    /// What r2d2 does not give in time may be a pool that is exhausted, or a server that is gone.
    fn checkout(&self) -> Result<PooledConnection<M>, StoreError> {
        self.pool.get().map_err(|_| StoreError::Unavailable)
    }
}

/// Checks a connection out and does something on it.
macro_rules! on {
    ($store:ident.$operation:ident($($argument:expr),*)) => {{
        let mut connection = $store.checkout()?;
        $store.on(&mut connection).$operation($($argument),*)
    }};
}

impl<M: ManageConnection<Connection: StoreConnection>> DatabaseStore<M> {
    /// Makes the table in SQLite, MySQL or MariaDB, or brings it up to date: [`Operations::install`].
    ///
    /// # Errors
    ///
    /// [`InstallError`], as it says.
    pub fn install(&self) -> Result<(), InstallError> {
        on!(self.install())
    }

    /// Checks that the table is there and has all that the store needs: [`Operations::verify`].
    ///
    /// # Errors
    ///
    /// [`InstallError`], as it says.
    pub fn verify(&self) -> Result<(), InstallError> {
        on!(self.verify())
    }
}

impl<M: ManageConnection> Clone for DatabaseStore<M> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), settings: Arc::clone(&self.settings) }
    }
}

impl<M: ManageConnection> fmt::Debug for DatabaseStore<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseStore").finish_non_exhaustive()
    }
}

impl<M> TenantStore for DatabaseStore<M>
where
    M: ManageConnection<Connection: StoreConnection>,
{
    fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        on!(self.create(new))
    }

    fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        on!(self.get(id))
    }

    fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        on!(self.get_by_slug(slug))
    }

    fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        on!(self.get_many(ids))
    }

    fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        on!(self.update(id, expected, changes))
    }

    fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        on!(self.transition(id, from, to))
    }

    fn transition_many(&self, ids: &[TenantId], to: TenantStatus) -> Result<usize, StoreError> {
        on!(self.transition_many(ids, to))
    }

    fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        on!(self.merge_metadata(id, patch, mode))
    }

    fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        on!(self.remove_metadata(id, keys))
    }

    fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        on!(self.delete(id))
    }

    fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        on!(self.list(query))
    }

    fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        on!(self.count(filter))
    }

    fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        on!(self.search(text, limit))
    }

    fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        on!(self.walk_from(filter, after, limit))
    }
}

impl TenantStore for MemoryStore {
    fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        MemoryStore::create(self, new)
    }

    fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        MemoryStore::get(self, id)
    }

    fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        MemoryStore::get_by_slug(self, slug)
    }

    fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        Ok(MemoryStore::get_many(self, ids))
    }

    fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        MemoryStore::update(self, id, expected, changes)
    }

    fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        MemoryStore::transition(self, id, from, to)
    }

    fn transition_many(&self, ids: &[TenantId], to: TenantStatus) -> Result<usize, StoreError> {
        MemoryStore::transition_many(self, ids, to)
    }

    fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        MemoryStore::merge_metadata(self, id, patch, mode)
    }

    fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        MemoryStore::remove_metadata(self, id, keys)
    }

    fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        MemoryStore::delete(self, id)
    }

    fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        Ok(MemoryStore::list(self, query))
    }

    fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        Ok(MemoryStore::count(self, filter))
    }

    fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        Ok(MemoryStore::search(self, text, limit))
    }

    fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        Ok(MemoryStore::walk_from(self, filter, after, limit))
    }
}

/// The operations of a store on one connection of the caller's:
/// [`store::Operations`](crate::store::Operations) without `.await`.
///
/// Within a transaction of the caller's each of them is a savepoint: one that is refused leaves the transaction as it was.
/// After [`StoreError::Timeout`] roll it back and begin anew: MySQL and MariaDB undo all of it at a deadlock.
#[derive(Debug)]
pub struct Operations<'a, C> {
    awaited: Awaited<'a, C>,
}

impl<C: StoreConnection> Operations<'_, C> {
    /// As [`store::Operations::install`](crate::store::Operations::install).
    #[allow(clippy::missing_errors_doc, reason = "it says")]
    pub fn install(&mut self) -> Result<(), InstallError> {
        now(self.awaited.install())
    }

    /// As [`store::Operations::verify`](crate::store::Operations::verify).
    #[allow(clippy::missing_errors_doc, reason = "it says")]
    pub fn verify(&mut self) -> Result<(), InstallError> {
        now(self.awaited.verify())
    }

    /// As [`TenantStore::create`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn create(&mut self, new: &NewTenant) -> Result<Tenant, StoreError> {
        now(self.awaited.create(new))
    }

    /// As [`TenantStore::get`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn get(&mut self, id: &TenantId) -> Result<Tenant, StoreError> {
        now(self.awaited.get(id))
    }

    /// As [`TenantStore::get_by_slug`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn get_by_slug(&mut self, slug: &Slug) -> Result<Tenant, StoreError> {
        now(self.awaited.get_by_slug(slug))
    }

    /// As [`TenantStore::get_many`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn get_many(&mut self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        now(self.awaited.get_many(ids))
    }

    /// As [`TenantStore::update`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn update(
        &mut self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        now(self.awaited.update(id, expected, changes))
    }

    /// As [`TenantStore::transition`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn transition(
        &mut self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        now(self.awaited.transition(id, from, to))
    }

    /// As [`TenantStore::transition_many`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn transition_many(
        &mut self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> Result<usize, StoreError> {
        now(self.awaited.transition_many(ids, to))
    }

    /// As [`TenantStore::merge_metadata`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn merge_metadata(
        &mut self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        now(self.awaited.merge_metadata(id, patch, mode))
    }

    /// As [`TenantStore::remove_metadata`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn remove_metadata(&mut self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        now(self.awaited.remove_metadata(id, keys))
    }

    /// As [`TenantStore::delete`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn delete(&mut self, id: &TenantId) -> Result<(), StoreError> {
        now(self.awaited.delete(id))
    }

    /// As [`TenantStore::list`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn list(&mut self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        now(self.awaited.list(query))
    }

    /// As [`TenantStore::count`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn count(&mut self, filter: &Filter) -> Result<u64, StoreError> {
        now(self.awaited.count(filter))
    }

    /// As [`TenantStore::search`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn search(&mut self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        now(self.awaited.search(text, limit))
    }

    /// As [`TenantStore::walk_from`].
    #[allow(clippy::missing_errors_doc, reason = "the trait says")]
    pub fn walk_from(
        &mut self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        now(self.awaited.walk_from(filter, after, limit))
    }
}

/// The outcome of a future whose connection answers at once.
fn now<T, E: From<StoreError>>(operation: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match pin!(operation).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        // A connection of diesel-async in a pool of r2d2.
        Poll::Pending => {
            Err(StoreError::Backend { kind: "it does not answer at once".to_owned() }.into())
        }
    }
}
