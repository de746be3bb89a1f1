//! What is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::ops::compute::Op;
use moka::sync::Cache;
use tenants_core::TenantId;
use tenants_core::store::notice::NoticeKey;
use tenants_core::store::{Placement, Slug, StoreError, Tenant};

use super::clock::{Clock, Tick};
use super::{CacheStatistics, Settings};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    Id(TenantId),
    Slug(Slug),
}

/// What the store answered, and when it was asked.
pub(crate) struct Fetched {
    pub(crate) began: Tick,
    pub(crate) outcome: Result<Tenant, StoreError>,
}

/// The records are kept by id alone. A slug leads to an id, and counts only if the record says so, too: whoever gets
/// another slug is not found by the old one, and no slug ever leads to the record of somebody else.
pub(crate) struct Kept {
    pub(crate) clock: Clock,
    records: Cache<TenantId, Entry<Arc<Tenant>>>,
    slugs: Cache<Slug, Entry<TenantId>>,
    pub(super) ttl: Duration,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What was found, `None` if nothing was.
#[derive(Clone)]
struct Entry<T> {
    began: Tick,
    found: Option<T>,
}

impl Kept {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            clock: Clock::new(),
            records: cache(settings),
            slugs: cache(settings),
            ttl: settings.ttl,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            entries: self.records.entry_count() + self.slugs.entry_count(),
        }
    }

    /// What is known of it; `None` if that is nothing.
    pub(crate) fn known(&self, asked: &Asked) -> Option<Result<Tenant, StoreError>> {
        let known = match asked {
            Asked::Id(id) => self.record(id),
            Asked::Slug(slug) => self.of_slug(slug),
        };
        known.map(|found| found.map(Arc::unwrap_or_clone).ok_or(StoreError::NotFound))
    }

    /// The same for somebody who reads, which counts.
    pub(crate) fn look_up(&self, asked: &Asked) -> Option<Result<Tenant, StoreError>> {
        let known = self.known(asked);
        self.count(known.is_some());
        known
    }

    /// Counts a read.
    pub(super) fn count(&self, is_hit: bool) {
        let counter = if is_hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn record(&self, id: &TenantId) -> Option<Option<Arc<Tenant>>> {
        let entry = self.records.get(id).filter(|entry| self.counts(entry, id.as_str()))?;
        Some(entry.found)
    }

    fn of_slug(&self, slug: &Slug) -> Option<Option<Arc<Tenant>>> {
        let entry = self.slugs.get(slug).filter(|entry| self.counts(entry, slug.as_str()))?;
        let Some(id) = entry.found else { return Some(None) };
        let tenant = self.record(&id)?.filter(|tenant| tenant.slug.as_ref() == Some(slug))?;
        Some(Some(tenant))
    }

    fn counts<T>(&self, entry: &Entry<T>, text: &str) -> bool {
        self.clock.changed(text) <= entry.began
    }

    /// Whether nothing of it was changed since it was asked for.
    pub(crate) fn is_current(&self, asked: &Asked, fetched: &Fetched) -> bool {
        let tenant = fetched.outcome.as_ref().ok();
        [Some(asked.text()), tenant.map(|tenant| tenant.id.as_str())]
            .into_iter()
            .flatten()
            .all(|text| self.clock.changed(text) <= fetched.began)
    }

    /// Keeps what the store answered. Other failures than `NotFound` are not kept, and neither are records with the URL
    /// of a database: that is for nobody's memory but that of the pool which connects with it.
    pub(crate) fn keep(&self, asked: &Asked, fetched: &Fetched) {
        let began = fetched.began;
        match (&fetched.outcome, asked) {
            (Ok(tenant), _) => self.keep_tenant(began, tenant),
            (Err(StoreError::NotFound), Asked::Id(id)) => {
                self.put(&self.records, id, id.as_str(), Entry { began, found: None }, |_, _| {
                    false
                });
            }
            (Err(StoreError::NotFound), Asked::Slug(slug)) => {
                let entry = Entry { began, found: None };
                self.put(&self.slugs, slug, slug.as_str(), entry, |_, _| false);
            }
            _ => {}
        }
    }

    pub(crate) fn keep_tenant(&self, began: Tick, tenant: &Tenant) {
        if matches!(tenant.placement, Placement::Database(_)) {
            // What it was before, while its rows lived elsewhere.
            self.records.invalidate(&tenant.id);
            return;
        }
        let record = Entry { began, found: Some(Arc::new(tenant.clone())) };
        let is_older = |there: &Arc<Tenant>, new: &Arc<Tenant>| there.version > new.version;
        self.put(&self.records, &tenant.id, tenant.id.as_str(), record, is_older);
        if let Some(slug) = &tenant.slug {
            let entry = Entry { began, found: Some(tenant.id.clone()) };
            self.put(&self.slugs, slug, slug.as_str(), entry, |_, _| false);
        }
    }

    /// Keeps an entry, unless what is there is newer.
    ///
    /// The clock knows the changes that this process made or heard of. Of others two reads may tell different things, and
    /// the one that ends last need not be the newer one. Of two records the versions say. Where one finds a tenant
    /// and the other does not, nothing says: neither is kept.
    fn put<K, T>(
        &self,
        entries: &Cache<K, Entry<T>>,
        key: &K,
        text: &str,
        new: Entry<T>,
        is_older: impl Fn(&T, &T) -> bool,
    ) where
        K: Clone + Eq + std::hash::Hash + Send + Sync + 'static,
        T: Clone + Send + Sync + 'static,
    {
        if !self.counts(&new, text) || self.clock.is_doubted(text) {
            return;
        }
        entries.entry(key.clone()).and_compute_with(|there| {
            let there = there.map(moka::Entry::into_value).filter(|it| self.counts(it, text));
            match (there.map(|there| there.found), &new.found) {
                (Some(Some(there)), Some(found)) if is_older(&there, found) => Op::Nop,
                (Some(Some(_)), None) | (Some(None), Some(_)) => Op::Remove,
                _ => Op::Put(new),
            }
        });
    }

    pub(crate) fn forget(&self, tenant: &Tenant) {
        self.clock.change(tenant.id.as_str());
        if let Some(slug) = &tenant.slug {
            self.clock.change(slug.as_str());
        }
    }

    pub(crate) fn forget_all(&self) {
        self.clock.change_all();
        self.clear();
    }

    /// To be told after a connection to a database began to listen.
    pub(crate) fn listens(&self, key: NoticeKey) {
        self.clock.listens(key);
        self.clear();
    }

    /// Gives back the memory of what counts no more.
    fn clear(&self) {
        self.records.invalidate_all();
        self.slugs.invalidate_all();
    }
}

impl Asked {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Slug(slug) => slug.as_str(),
        }
    }
}

fn cache<K, T>(settings: Settings) -> Cache<K, Entry<T>>
where
    K: Eq + std::hash::Hash + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    Cache::builder().max_capacity(settings.capacity).expire_after(Lifetime(settings)).build()
}

/// Whose absence is known lives shorter.
struct Lifetime(Settings);

impl Lifetime {
    fn of<T>(&self, entry: &Entry<T>) -> Option<Duration> {
        Some(if entry.found.is_some() { self.0.ttl } else { self.0.negative_ttl })
    }
}

impl<K, T> Expiry<K, Entry<T>> for Lifetime {
    fn expire_after_create(&self, _: &K, entry: &Entry<T>, _: Instant) -> Option<Duration> {
        self.of(entry)
    }

    fn expire_after_update(
        &self,
        _: &K,
        entry: &Entry<T>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.of(entry)
    }
}
