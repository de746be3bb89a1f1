//! Nothing older is served over something newer, whoever is slow.

use std::sync::Arc;

use futures_util::future::join_all;
use tenants_diesel::store::{
    CachedStore, MemoryStore, NewTenant, StoreError, Tenant, TenantChanges, TenantStatus,
    TenantStore,
};
use tokio::task::yield_now;

use super::{Inner, acme, id, slug};

const SUSPENDED: TenantStatus = TenantStatus::Suspended;

async fn read(store: CachedStore<Inner>, by_slug: bool) -> Result<Tenant, StoreError> {
    if by_slug { store.get_by_slug(&slug("acme")).await } else { store.get(&id(1)).await }
}

/// Lets all other tasks go on until each of them waits for something.
async fn settle() {
    for _ in 0..1000 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_slow_reader_does_not_bring_back_what_was_changed() {
    for by_slug in [false, true] {
        let (store, acme) = acme().await;
        let mut hold = store.store().hold_read();
        let slow = tokio::spawn(read(store.clone(), by_slug));
        hold.arrived().await;
        store.transition(&id(1), &TenantStatus::ALL, SUSPENDED).await.unwrap();
        drop(hold);
        // It began before the change.
        assert_eq!(slow.await.unwrap().unwrap(), acme);
        assert_eq!(read(store.clone(), by_slug).await.unwrap().status, SUSPENDED);
        assert_eq!(store.get(&id(1)).await.unwrap().status, SUSPENDED);
        assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap().status, SUSPENDED);
    }
}

#[tokio::test]
async fn a_slow_reader_of_many_does_not_bring_back_what_was_changed() {
    let (store, acme) = acme().await;
    let mut hold = store.store().hold_read();
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.get_many(&[id(1)]).await }
    });
    hold.arrived().await;
    store.transition(&id(1), &TenantStatus::ALL, SUSPENDED).await.unwrap();
    drop(hold);
    assert_eq!(slow.await.unwrap().unwrap(), [Some(acme)]);
    assert_eq!(store.get(&id(1)).await.unwrap().status, SUSPENDED);
}

/// Who waits for a read that was on its way before the change gets what is there after it.
#[tokio::test]
async fn nobody_joins_a_read_that_missed_their_change() {
    for by_slug in [false, true] {
        let (store, _) = acme().await;
        let mut hold = store.store().hold_read();
        let slow = tokio::spawn(read(store.clone(), by_slug));
        hold.arrived().await;
        store.transition(&id(1), &TenantStatus::ALL, SUSPENDED).await.unwrap();
        let later = tokio::spawn(read(store.clone(), by_slug));
        settle().await;
        assert_eq!(store.store().reads(), 1, "it joined");
        drop(hold);
        slow.await.unwrap().unwrap();
        assert_eq!(later.await.unwrap().unwrap().status, SUSPENDED);
        assert_eq!(store.store().reads(), 2);
    }
}

/// Another process changes the tenant, and nobody tells.
#[tokio::test]
async fn of_two_records_the_newer_one_stays() {
    let (store, acme) = acme().await;
    let mut hold = store.store().hold_read();
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.get_by_slug(&slug("acme")).await }
    });
    hold.arrived().await;
    let memory = &store.store().memory;
    memory.transition(&id(1), &TenantStatus::ALL, SUSPENDED).await.unwrap();
    assert_eq!(store.get(&id(1)).await.unwrap().status, SUSPENDED);
    drop(hold);
    assert_eq!(slow.await.unwrap().unwrap(), acme);
    assert_eq!(store.get(&id(1)).await.unwrap().status, SUSPENDED);
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap().status, SUSPENDED);
}

/// Another process deletes the tenant, and nobody tells.
#[tokio::test]
async fn of_a_record_and_none_neither_stays() {
    let (store, _) = acme().await;
    let mut hold = store.store().hold_read();
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.get_by_slug(&slug("acme")).await }
    });
    hold.arrived().await;
    store.store().memory.delete(&id(1)).await.unwrap();
    assert!(matches!(store.get(&id(1)).await, Err(StoreError::NotFound)));
    drop(hold);
    slow.await.unwrap().unwrap();
    assert!(matches!(store.get(&id(1)).await, Err(StoreError::NotFound)));
    assert!(matches!(store.get_by_slug(&slug("acme")).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_slow_reader_does_not_hide_a_new_tenant() {
    let store = CachedStore::new(Inner::default());
    let mut hold = store.store().hold_read();
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.get_by_slug(&slug("acme")).await }
    });
    hold.arrived().await;
    let acme = store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    drop(hold);
    assert!(matches!(slow.await.unwrap(), Err(StoreError::NotFound)));
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap(), acme);
}

#[tokio::test]
async fn a_change_whose_caller_was_cancelled_may_come_later() {
    let (store, acme) = acme().await;
    store.get(&id(1)).await.unwrap();
    let mut hold = store.store().hold_write();
    let cancelled = tokio::spawn({
        let store = store.clone();
        async move { store.transition(&id(1), &TenantStatus::ALL, SUSPENDED).await }
    });
    hold.arrived().await;
    cancelled.abort();
    cancelled.await.unwrap_err();
    assert_eq!(store.get(&id(1)).await.unwrap(), acme);
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap(), acme);
    // The server has made the change by now.
    let memory = &store.store().memory;
    memory.transition(&id(1), &TenantStatus::ALL, SUSPENDED).await.unwrap();
    assert_eq!(store.get(&id(1)).await.unwrap().status, SUSPENDED);
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap().status, SUSPENDED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_that_miss_one_asks() {
    for attempt in 0..20 {
        let (store, acme) = acme().await;
        let mut hold = store.store().hold_read();
        let all = (0..100).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.get_by_slug(&slug("acme")).await })
        });
        let all: Vec<_> = all.collect();
        hold.arrived().await;
        if attempt % 2 == 0 {
            settle().await;
        }
        drop(hold);
        for one in join_all(all).await {
            assert_eq!(one.unwrap().unwrap(), acme);
        }
        assert_eq!(store.store().reads(), 1);
        let statistics = store.statistics();
        assert_eq!(statistics.hits + statistics.misses, 100);
    }
}

/// As many as hang up while the database is slow.
#[tokio::test]
async fn a_read_goes_on_when_those_who_began_it_are_cancelled() {
    let (store, acme) = acme().await;
    let mut hold = store.store().hold_read();
    let begin = || tokio::spawn(read(store.clone(), false));
    let cancelled: Vec<_> = (0..300).map(|_| begin()).collect();
    let last = begin();
    hold.arrived().await;
    for one in cancelled {
        one.abort();
        settle_a_bit().await;
    }
    drop(hold);
    assert_eq!(last.await.unwrap().unwrap(), acme);
    assert_eq!(store.store().reads(), 1);
}

async fn settle_a_bit() {
    for _ in 0..5 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_read_that_all_have_let_go_is_begun_anew() {
    let (store, acme) = acme().await;
    let mut hold = store.store().hold_read();
    let only = tokio::spawn({
        let store = store.clone();
        async move { store.get(&id(1)).await }
    });
    hold.arrived().await;
    only.abort();
    only.await.unwrap_err();
    assert_eq!(store.get(&id(1)).await.unwrap(), acme);
    assert_eq!(store.store().reads(), 2);
}

#[tokio::test]
async fn a_failure_is_shared_and_not_kept() {
    let (store, acme) = acme().await;
    let mut hold = store.store().hold_read();
    store.store().fail(StoreError::Unavailable);
    let all: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.get(&id(1)).await })
        })
        .collect();
    hold.arrived().await;
    settle().await;
    drop(hold);
    for one in join_all(all).await {
        assert!(matches!(one.unwrap(), Err(StoreError::Unavailable)));
    }
    assert_eq!(store.store().reads(), 1);
    assert_eq!(store.get(&id(1)).await.unwrap(), acme);
}

/// Two tenants exchange their slugs all the time, and readers ask for both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_slug_leads_to_another_tenant() {
    let store = Arc::new(CachedStore::new(MemoryStore::new()));
    for number in 1..=2 {
        let new = NewTenant::new(id(number), slug(&format!("slug-{number}")));
        store.create(&new).await.unwrap();
    }
    let readers = (0..4).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut found = 0;
            for _ in 0..500 {
                for text in ["slug-1", "slug-2", "slug-3"] {
                    if let Ok(tenant) = store.get_by_slug(&slug(text)).await {
                        assert_eq!(tenant.slug, Some(slug(text)));
                        found += 1;
                    }
                }
                yield_now().await;
            }
            found
        })
    });
    let readers: Vec<_> = readers.collect();
    let mut free = "slug-3".to_owned();
    for round in 0..500 {
        let id = id(1 + round % 2);
        let tenant = store.get(&id).await.unwrap();
        let changes = TenantChanges::new().slug(slug(&free));
        let moved = store.update(&id, tenant.version, &changes).await.unwrap();
        free = tenant.slug.unwrap().to_string();
        // Whoever changed it sees that at once.
        assert_eq!(store.get_by_slug(moved.slug.as_ref().unwrap()).await.unwrap(), moved);
        assert!(matches!(store.get_by_slug(&slug(&free)).await, Err(StoreError::NotFound)));
        yield_now().await;
    }
    for reader in readers {
        assert!(reader.await.unwrap() > 0);
    }
}
