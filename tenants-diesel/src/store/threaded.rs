//! A store without `.await`, to async callers.

use std::fmt;
use std::sync::Arc;

use tenants_core::TenantId;
use tenants_core::store::{
    Filter, Limit, ListQuery, Merge, Metadata, NewTenant, Page, Slug, StoreError, Tenant,
    TenantChanges, TenantStatus, Version, Walked,
};

use super::tenant_store::TenantStore;
use crate::sync;

/// A [`sync::TenantStore`] whose calls each run on a thread of their own: what `store_conformance!` holds such a store by,
/// with as many threads at once as a case has calls.
///
/// # Examples
///
/// ```
/// use tenants_diesel::store::{MemoryStore, Threaded};
///
/// async fn empty() -> Threaded<MemoryStore> {
///     Threaded::new(MemoryStore::new())
/// }
///
/// tenants_diesel::store_conformance!(empty);
/// # fn main() {}
/// ```
pub struct Threaded<S>(Arc<S>);

impl<S: sync::TenantStore + 'static> Threaded<S> {
    /// Takes a store.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self(Arc::new(store))
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        call: impl FnOnce(&S) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.0);
        let called = tokio::task::spawn_blocking(move || call(&store)).await;
        called.unwrap_or_else(|_| Err(StoreError::Backend { kind: "a thread ended".to_owned() }))
    }
}

impl<S> fmt::Debug for Threaded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threaded").finish_non_exhaustive()
    }
}

impl<S: sync::TenantStore + 'static> TenantStore for Threaded<S> {
    async fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        let new = new.clone();
        self.on_thread(move |store| store.create(&new)).await
    }

    async fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        let id = id.clone();
        self.on_thread(move |store| store.get(&id)).await
    }

    async fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        let slug = slug.clone();
        self.on_thread(move |store| store.get_by_slug(&slug)).await
    }

    async fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        let ids = ids.to_vec();
        self.on_thread(move |store| store.get_many(&ids)).await
    }

    async fn exists(&self, id: &TenantId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.on_thread(move |store| store.exists(&id)).await
    }

    async fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        let (id, changes) = (id.clone(), changes.clone());
        self.on_thread(move |store| store.update(&id, expected, &changes)).await
    }

    async fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        let (id, from) = (id.clone(), from.to_vec());
        self.on_thread(move |store| store.transition(&id, &from, to)).await
    }

    async fn transition_many(
        &self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> Result<usize, StoreError> {
        let ids = ids.to_vec();
        self.on_thread(move |store| store.transition_many(&ids, to)).await
    }

    async fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        let (id, patch) = (id.clone(), patch.clone());
        self.on_thread(move |store| store.merge_metadata(&id, &patch, mode)).await
    }

    async fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        let id = id.clone();
        let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        let call = move |store: &S| {
            let keys: Vec<_> = keys.iter().map(String::as_str).collect();
            store.remove_metadata(&id, &keys)
        };
        self.on_thread(call).await
    }

    async fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        let id = id.clone();
        self.on_thread(move |store| store.delete(&id)).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        let query = query.clone();
        self.on_thread(move |store| store.list(&query)).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        let filter = filter.clone();
        self.on_thread(move |store| store.count(&filter)).await
    }

    async fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        let text = text.to_owned();
        self.on_thread(move |store| store.search(&text, limit)).await
    }

    async fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        let (filter, after) = (filter.clone(), after.cloned());
        self.on_thread(move |store| store.walk_from(&filter, after.as_ref(), limit)).await
    }
}
