//! The store in memory, to async callers.

use tenants_core::TenantId;
use tenants_core::store::{
    Filter, Limit, ListQuery, Merge, Metadata, NewTenant, Page, Slug, StoreError, Tenant,
    TenantChanges, TenantStatus, Version, Walked,
};

use super::memory_store::MemoryStore;
use super::tenant_store::TenantStore;

impl TenantStore for MemoryStore {
    async fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        MemoryStore::create(self, new)
    }

    async fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        MemoryStore::get(self, id)
    }

    async fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        MemoryStore::get_by_slug(self, slug)
    }

    async fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        Ok(MemoryStore::get_many(self, ids))
    }

    async fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        MemoryStore::update(self, id, expected, changes)
    }

    async fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        MemoryStore::transition(self, id, from, to)
    }

    async fn transition_many(
        &self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> Result<usize, StoreError> {
        MemoryStore::transition_many(self, ids, to)
    }

    async fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        MemoryStore::merge_metadata(self, id, patch, mode)
    }

    async fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        MemoryStore::remove_metadata(self, id, keys)
    }

    async fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        MemoryStore::delete(self, id)
    }

    async fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        Ok(MemoryStore::list(self, query))
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        Ok(MemoryStore::count(self, filter))
    }

    async fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        Ok(MemoryStore::search(self, text, limit))
    }

    async fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        Ok(MemoryStore::walk_from(self, filter, after, limit))
    }
}
