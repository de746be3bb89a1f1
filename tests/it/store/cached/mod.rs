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

mod over_memory_on_threads {
    use tenants_diesel::store::Threaded;
    use tenants_diesel::sync::store::CachedStore;

    use super::MemoryStore;

    async fn empty() -> Threaded<CachedStore<MemoryStore>> {
        Threaded::new(CachedStore::new(MemoryStore::new()))
    }

    tenants_diesel::store_conformance!(empty);
}

mod over_postgres {
    use tenants_diesel::store::CachedStore;

    use crate::store::places;

    async fn empty() -> CachedStore<places::Store<places::AsyncPg>> {
        CachedStore::new(places::postgres().await.1)
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
