//! The cache of a store.

mod inner;
mod interleavings;
mod limits;
mod listening;
mod on_threads;
mod writes;

use tenants_diesel::TenantId;
use tenants_diesel::store::{CachedStore, MemoryStore, NewTenant, Slug, Tenant, TenantStore};

use inner::Inner;

mod over_memory {
    use super::*;

    async fn empty() -> CachedStore<MemoryStore> {
        CachedStore::new(MemoryStore::new())
    }

    tenants_diesel::store_conformance!(empty);
}

mod over_postgres {
    use tenants_diesel::store::{CachedStore, TenantStore};

    async fn empty() -> CachedStore<impl TenantStore + 'static> {
        CachedStore::new(crate::store::postgres::empty().await)
    }

    tenants_diesel::store_conformance!(empty);
}

fn id(number: i64) -> TenantId {
    TenantId::from(number)
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

/// A cache over a store that counts and can be held up, and one tenant in there.
async fn acme() -> (CachedStore<Inner>, Tenant) {
    let store = CachedStore::new(Inner::default());
    let acme = store.store().create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    (store, acme)
}
