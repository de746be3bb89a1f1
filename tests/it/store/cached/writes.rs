//! Every change is seen at once, whatever becomes of it.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use tenants_diesel::store::{
    CachedStore, Merge, Metadata, NewTenant, StoreError, Tenant, TenantChanges, TenantStatus,
    TenantStore,
};

use super::{Inner, acme, id, slug};

type Change = fn(&CachedStore<Inner>, Tenant) -> BoxFuture<'_, Result<(), StoreError>>;

fn metadata() -> Metadata {
    json!({ "plan": "gold" }).try_into().unwrap()
}

/// All ways to change a tenant.
const CHANGES: [(&str, Change); 8] = [
    ("update", |store, acme| {
        async move {
            let changes = TenantChanges::new().name("Another");
            store.update(&acme.id, acme.version, &changes).await.map(drop)
        }
        .boxed()
    }),
    ("rename", |store, acme| {
        async move {
            let changes = TenantChanges::new().slug(slug("moved"));
            store.update(&acme.id, acme.version, &changes).await.map(drop)
        }
        .boxed()
    }),
    ("take the slug away", |store, acme| {
        async move {
            let changes = TenantChanges::new().without_slug();
            store.update(&acme.id, acme.version, &changes).await.map(drop)
        }
        .boxed()
    }),
    ("transition", |store, acme| {
        async move {
            let to = TenantStatus::Suspended;
            store.transition(&acme.id, &TenantStatus::ALL, to).await.map(drop)
        }
        .boxed()
    }),
    ("transition of many", |store, acme| {
        async move { store.transition_many(&[acme.id], TenantStatus::Suspended).await.map(drop) }
            .boxed()
    }),
    ("merge", |store, acme| {
        async move { store.merge_metadata(&acme.id, &metadata(), Merge::Shallow).await.map(drop) }
            .boxed()
    }),
    ("remove", |store, acme| {
        async move { store.remove_metadata(&acme.id, &["plan"]).await.map(drop) }.boxed()
    }),
    ("delete", |store, acme| async move { store.delete(&acme.id).await }.boxed()),
];

/// Asks for everything that a tenant may be found by, so that it is kept.
async fn answers(store: &impl TenantStore) -> Vec<Option<Tenant>> {
    let mut answers = vec![store.get(&id(1)).await.ok()];
    for text in ["acme", "moved"] {
        answers.push(store.get_by_slug(&slug(text)).await.ok());
    }
    answers.extend(store.get_many(&[id(1)]).await.unwrap());
    answers
}

#[tokio::test]
async fn every_change_is_seen_at_once() {
    for (name, change) in CHANGES {
        let (store, acme) = acme().await;
        let before = answers(&store).await;
        let reads = store.store().reads();
        assert_eq!(answers(&store).await, before);
        assert_eq!(store.store().reads(), reads, "{name}");
        change(&store, acme).await.unwrap();
        let after = answers(&store).await;
        assert_ne!(after, before, "{name}");
        assert_eq!(after, answers(&store.store().memory).await, "{name}");
    }
}

/// The answer to it was lost.
#[tokio::test]
async fn a_change_is_seen_that_nobody_knows_the_outcome_of() {
    for error in [
        StoreError::Unavailable,
        StoreError::Timeout,
        StoreError::Backend { kind: "of some kind".to_owned() },
    ] {
        for (name, change) in CHANGES {
            let (store, acme) = acme().await;
            let before = answers(&store).await;
            store.store().fail(error.clone());
            change(&store, acme).await.unwrap_err();
            let after = answers(&store).await;
            assert_ne!(after, before, "{name}");
            assert_eq!(after, answers(&store.store().memory).await, "{name}");
        }
    }
}

#[tokio::test]
async fn a_new_tenant_is_seen_at_once() {
    let store = CachedStore::new(Inner::default());
    for _ in 0..2 {
        assert!(matches!(store.get(&id(1)).await, Err(StoreError::NotFound)));
        assert!(matches!(store.get_by_slug(&slug("acme")).await, Err(StoreError::NotFound)));
        assert!(!store.exists(&id(1)).await.unwrap());
    }
    assert_eq!(store.store().reads(), 2);
    let acme = store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap(), acme);
    assert_eq!(store.get(&id(1)).await.unwrap(), acme);
    assert!(store.exists(&id(1)).await.unwrap());
}

/// Nothing is known of the tenant here, but that it is found by the slug.
#[tokio::test]
async fn a_cold_rename_drops_the_old_slug() {
    let (store, acme) = acme().await;
    store.get_by_slug(&slug("acme")).await.unwrap();
    let changes = TenantChanges::new().slug(slug("moved"));
    let moved = store.update(&id(1), acme.version, &changes).await.unwrap();
    // Also where its record is read before anybody asks for the old slug.
    assert_eq!(store.get(&id(1)).await.unwrap(), moved);
    assert!(matches!(store.get_by_slug(&slug("acme")).await, Err(StoreError::NotFound)));
    let heir = store.create(&NewTenant::new(id(2), slug("acme"))).await.unwrap();
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap(), heir);
    assert_eq!(store.get_by_slug(&slug("moved")).await.unwrap(), moved);
}

#[tokio::test]
async fn what_goes_past_the_cache_can_be_told() {
    let (store, _) = acme().await;
    answers(&store).await;
    let memory = &store.store().memory;
    let to = TenantStatus::Suspended;
    let suspended = memory.transition(&id(1), &TenantStatus::ALL, to).await.unwrap();
    assert_ne!(store.get(&id(1)).await.unwrap(), suspended, "it was not kept");
    store.forget(&suspended);
    assert_eq!(store.get(&id(1)).await.unwrap(), suspended);
    memory.delete(&id(1)).await.unwrap();
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap(), suspended);
    store.forget_all();
    assert!(matches!(store.get_by_slug(&slug("acme")).await, Err(StoreError::NotFound)));
}

/// What was refused was not done: it is kept as before.
#[tokio::test]
async fn what_is_refused_is_no_reason_to_doubt() {
    let (store, acme) = acme().await;
    store.delete(&id(9)).await.unwrap_err();
    store.transition(&id(1), &[], TenantStatus::Active).await.unwrap_err();
    let reads = store.store().reads();
    assert_eq!(store.get(&id(1)).await.unwrap(), acme);
    assert_eq!(store.get(&id(1)).await.unwrap(), acme);
    assert_eq!(store.store().reads() - reads, 1);
}
