//! A store that keeps what another one answered, without ``.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tenants_core::TenantId;
use tenants_core::store::{
    Filter, Limit, ListQuery, Merge, Metadata, NewTenant, Page, Slug, StoreError, Tenant,
    TenantChanges, TenantStatus, Version, Walked,
};

use super::TenantStore;
use crate::store::cache::{
    Asked, CacheError, CacheStatistics, Fetched, Kept, Settings, by_creating, by_updating, of_all,
};

/// A store that keeps in memory what another one answered: [`store::CachedStore`](crate::store::CachedStore) without
/// ``, and with the same rules.
///
/// # Security
///
/// The cache decides nothing: the scope statement asks the database, and refuses a tenant that is suspended, whatever is
/// kept here. The URL of a tenant's own database is not kept. `Debug` shows nothing.
///
/// # Examples
///
/// ```
/// use tenants_diesel::TenantId;
/// use tenants_diesel::store::{MemoryStore, NewTenant};
/// use tenants_diesel::sync::store::{CachedStore, TenantStore};
///
/// let store = CachedStore::builder(MemoryStore::new()).capacity(1000).build()?;
/// store.create(&NewTenant::new(TenantId::from(7), "acme".parse()?))?;
///
/// assert_eq!(store.get_by_slug(&"acme".parse()?)?.id, TenantId::from(7));
/// assert_eq!(store.get(&TenantId::from(7))?.name, "acme"); // From memory.
/// assert_eq!((store.statistics().misses, store.statistics().hits), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CachedStore<S> {
    store: Arc<S>,
    pub(super) kept: Arc<Kept>,
    /// Reads that are on their way. Whoever waits for one gets what it failed with, and nothing is kept of that: all of
    /// them fail, with what the store answered.
    flights: Cache<Asked, Infallible>,
}

/// Makes a [`CachedStore`].
#[derive(Debug)]
#[must_use = "`build` makes the store"]
pub struct CachedStoreBuilder<S> {
    store: S,
    settings: Settings,
}

impl<S> CachedStoreBuilder<S> {
    /// How long a tenant is kept: 30 seconds unless set.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.settings.ttl = ttl;
        self
    }

    /// How long it is kept that there is no tenant of an id or a slug: 5 seconds unless set.
    pub fn negative_ttl(mut self, ttl: Duration) -> Self {
        self.settings.negative_ttl = ttl;
        self
    }

    /// How many ids are kept, and how many slugs: 10,000 of each unless set. A tenant takes as much memory as its
    /// metadata, which is 64 KiB at most.
    pub fn capacity(mut self, tenants: u64) -> Self {
        self.settings.capacity = tenants;
        self
    }

    /// Makes the store, with nothing in its cache.
    ///
    /// # Errors
    ///
    /// [`CacheError`] if a setting is 0, or a time longer than a year.
    pub fn build(self) -> Result<CachedStore<S>, CacheError> {
        Ok(CachedStore::with(self.store, self.settings.check()?))
    }
}

impl<S> CachedStore<S> {
    /// A store over another one, with the usual settings.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self::with(store, Settings::default())
    }

    /// Begins a store over another one, with settings of its own.
    pub fn builder(store: S) -> CachedStoreBuilder<S> {
        CachedStoreBuilder { store, settings: Settings::default() }
    }

    fn with(store: S, settings: Settings) -> Self {
        Self {
            store: Arc::new(store),
            kept: Arc::new(Kept::new(settings)),
            flights: Cache::builder().build(),
        }
    }

    /// The store below, which reads each time. What is changed there is to be told here ([`forget`](Self::forget)).
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Drops what is kept of a tenant, and that there was none of its slug. To be called after a change that went past
    /// this store was committed.
    pub fn forget(&self, tenant: &Tenant) {
        self.kept.forget(tenant);
    }

    /// Drops all that is kept.
    pub fn forget_all(&self) {
        self.kept.forget_all();
    }

    /// How it served until now.
    #[must_use]
    pub fn statistics(&self) -> CacheStatistics {
        self.kept.statistics()
    }
}

impl<S: TenantStore> CachedStore<S> {
    fn read(&self, asked: Asked) -> Result<Tenant, StoreError> {
        let began = self.kept.clock.now();
        if let Some(known) = self.kept.look_up(&asked) {
            return known;
        }
        loop {
            let fetch = || Err::<Infallible, _>(Box::new(self.fetch(&asked)));
            let fetched = match self.flights.try_get_with_by_ref(&asked, fetch) {
                Ok(never) => match never {},
                Err(fetched) => fetched,
            };
            // A read that was on its way before may have missed a change that this caller knows of. The next one
            // begins later than this call.
            if fetched.began >= began || self.kept.is_current(&asked, &fetched) {
                return fetched.outcome.clone();
            }
        }
    }

    fn fetch(&self, asked: &Asked) -> Fetched {
        let began = self.kept.clock.now();
        // Another read may have ended since somebody looked.
        if let Some(outcome) = self.kept.known(asked) {
            return Fetched { began, outcome };
        }
        let outcome = match asked {
            Asked::Id(id) => self.store.get(id),
            Asked::Slug(slug) => self.store.get_by_slug(slug),
        };
        let fetched = Fetched { began, outcome };
        self.kept.keep(asked, &fetched);
        fetched
    }
}

/// Does something that changes what is called so.
macro_rules! write {
    ($self:ident, $changed:expr, $operation:ident($($argument:expr),*)) => {{
        let writing = $self.kept.write($changed);
        writing.end($self.store.$operation($($argument),*))
    }};
}

impl<S: TenantStore> TenantStore for CachedStore<S> {
    fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        write!(self, by_creating(new), create(new))
    }

    fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        self.read(Asked::Id(id.clone()))
    }

    fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        self.read(Asked::Slug(slug.clone()))
    }

    fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        let began = self.kept.clock.now();
        let many = self.kept.look_up_many(ids);
        let found = match &*many.missing {
            [] => Vec::new(),
            missing => self.store.get_many(missing)?,
        };
        Ok(many.complete(&self.kept, began, found))
    }

    fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        write!(self, by_updating(id, changes), update(id, expected, changes))
    }

    fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        write!(self, of_all([id]), transition(id, from, to))
    }

    fn transition_many(&self, ids: &[TenantId], to: TenantStatus) -> Result<usize, StoreError> {
        write!(self, of_all(ids), transition_many(ids, to))
    }

    fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        write!(self, of_all([id]), merge_metadata(id, patch, mode))
    }

    fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        write!(self, of_all([id]), remove_metadata(id, keys))
    }

    fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        write!(self, of_all([id]), delete(id))
    }

    fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        self.store.list(query)
    }

    fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.store.count(filter)
    }

    fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        self.store.search(text, limit)
    }

    fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        self.store.walk_from(filter, after, limit)
    }
}

impl<S> Clone for CachedStore<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            kept: Arc::clone(&self.kept),
            flights: self.flights.clone(),
        }
    }
}

impl<S> fmt::Debug for CachedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedStore").finish_non_exhaustive()
    }
}
