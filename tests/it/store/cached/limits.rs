//! What is kept, how much, and how long.

use std::time::Duration;

use tenants_diesel::store::{
    CacheError, CachedStore, DatabaseUrl, MemoryStore, NewTenant, Placement, StoreError,
    TenantStore,
};

use super::{Inner, acme, id, slug};

const HOUR: Duration = Duration::from_secs(3600);

/// Asks until the store below is asked once more.
async fn until_read_again(store: &CachedStore<Inner>, text: &str) {
    let reads = store.store().reads();
    while store.store().reads() == reads {
        let _ = store.get_by_slug(&slug(text)).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn settings_of_nothing_are_refused() {
    let builder = || CachedStore::builder(MemoryStore::new());
    let refused = |builder: Result<_, CacheError>| builder.map(|_: CachedStore<_>| ()).unwrap_err();
    let ttl = CacheError::Time { setting: "ttl" };
    assert_eq!(refused(builder().ttl(Duration::ZERO).build()), ttl);
    assert_eq!(refused(builder().ttl(Duration::MAX).build()), ttl);
    let negative_ttl = CacheError::Time { setting: "negative_ttl" };
    assert_eq!(refused(builder().negative_ttl(Duration::ZERO).build()), negative_ttl);
    assert_eq!(refused(builder().capacity(0).build()), CacheError::Capacity);
    assert!(builder().ttl(HOUR).negative_ttl(HOUR).capacity(1).build().is_ok());
}

#[tokio::test]
async fn a_tenant_is_kept_by_id_and_slug() {
    let (store, acme) = acme().await;
    for _ in 0..3 {
        assert_eq!(store.get(&id(1)).await.unwrap(), acme);
        assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap(), acme);
        assert!(store.exists(&id(1)).await.unwrap());
    }
    assert_eq!(store.store().reads(), 1);
    let statistics = store.statistics();
    assert_eq!((statistics.hits, statistics.misses), (8, 1));
}

#[tokio::test]
async fn changes_count_as_no_reads() {
    let (store, acme) = acme().await;
    store.get_by_slug(&slug("nobody")).await.unwrap_err();
    store.remove_metadata(&acme.id, &["a"]).await.unwrap();
    store.create(&NewTenant::new(id(2), slug("other"))).await.unwrap();
    let statistics = store.statistics();
    assert_eq!((statistics.hits, statistics.misses), (0, 1));
}

#[tokio::test]
async fn of_many_those_are_read_that_are_not_kept() {
    let (store, acme) = acme().await;
    let other = store.create(&NewTenant::new(id(2), slug("other"))).await.unwrap();
    store.get(&id(1)).await.unwrap();
    let ids = [id(2), id(9), id(1), id(2)];
    let expected = [Some(other.clone()), None, Some(acme), Some(other)];
    assert_eq!(store.get_many(&ids).await.unwrap(), expected);
    // Each once.
    assert_eq!(store.store().asked_for(), 2);
    assert_eq!(store.get_many(&ids).await.unwrap(), expected);
    assert_eq!(store.store().asked_for(), 3);
    assert_eq!(store.get_by_slug(&slug("other")).await.unwrap().id, id(2));
    let statistics = store.statistics();
    assert_eq!((statistics.hits, statistics.misses), (1 + 3 + 1, 1 + 3 + 1));
}

#[tokio::test]
async fn what_is_kept_expires() {
    let inner = Inner::default();
    inner.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    let short = Duration::from_millis(20);
    let store = CachedStore::builder(inner).ttl(short).negative_ttl(HOUR).build().unwrap();
    store.get_by_slug(&slug("acme")).await.unwrap();
    until_read_again(&store, "acme").await;
}

#[tokio::test]
async fn that_nobody_is_there_expires_sooner() {
    let inner = Inner::default();
    inner.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    let short = Duration::from_millis(20);
    let store = CachedStore::builder(inner).ttl(HOUR).negative_ttl(short).build().unwrap();
    store.get_by_slug(&slug("acme")).await.unwrap();
    store.get_by_slug(&slug("nobody")).await.unwrap_err();
    until_read_again(&store, "nobody").await;
    let reads = store.store().reads();
    store.get_by_slug(&slug("acme")).await.unwrap();
    assert_eq!(store.store().reads(), reads);
}

#[tokio::test]
async fn a_flood_of_unknown_slugs_is_bounded() {
    let inner = Inner::default();
    inner.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    let store = CachedStore::builder(inner).capacity(100).negative_ttl(HOUR).build().unwrap();
    for number in 0..5000 {
        let unknown = slug(&format!("unknown-{number}"));
        for _ in 0..2 {
            assert!(matches!(store.get_by_slug(&unknown).await, Err(StoreError::NotFound)));
        }
        // What is asked for all the time stays.
        store.get_by_slug(&slug("acme")).await.unwrap();
    }
    let (reads, entries) = (store.store().reads(), store.statistics().entries);
    assert!(entries < 1000, "{entries}");
    // Who asks for the same again soon is answered from memory.
    assert!(reads > 5000 && reads < 9000, "{reads}");
    let hits = usize::try_from(store.statistics().hits).unwrap();
    assert_eq!(hits + reads, 15_000);
    store.get_by_slug(&slug("acme")).await.unwrap();
    assert_eq!(store.store().reads(), reads);
}

#[tokio::test]
async fn no_url_of_a_database_is_kept() {
    let store = CachedStore::new(Inner::default());
    let place = Placement::Database(DatabaseUrl::new("postgres://u:s3cret@h/d"));
    let new = NewTenant::new(id(1), slug("acme")).placement(place.clone());
    let acme = store.create(&new).await.unwrap();
    for read in 1..=3 {
        assert_eq!(store.get(&id(1)).await.unwrap(), acme);
        assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap().placement, place);
        store.get_many(&[id(1)]).await.unwrap();
        assert_eq!(store.store().reads(), 3 * read);
    }
    assert_eq!(store.statistics().entries, 0);
    assert_eq!(format!("{store:?}"), "CachedStore { .. }");
}
