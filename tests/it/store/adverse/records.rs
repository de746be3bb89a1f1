//! Records that were written past the store.

use std::collections::BTreeMap;

use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use tenants_core::TenantId;
use tenants_diesel::store::{
    Filter, Limit, ListQuery, Merge, Metadata, StoreError, TenantStatus, TenantStore,
};

use super::{store, tenant};
use crate::store::places::{AsyncPg, AsyncSqlite, Store, provisioned, sqlite_file, sqlite_in};

async fn with(store: &Store<AsyncPg>, tenants: usize) -> Vec<TenantId> {
    let mut ids = Vec::new();
    for number in 0..tenants {
        let new = tenant(&format!("t{number:04}"));
        store.create(&new).await.unwrap();
        ids.push(new.id);
    }
    ids
}

/// Each of them is named, and those beside it are there.
#[tokio::test]
async fn a_record_that_cannot_be_read_hides_no_other() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    let ids = with(&store, 8).await;
    scratch
        .superuser_here(
            "ALTER TABLE tenants.tenant DROP CONSTRAINT tenant_status_check, DROP CONSTRAINT tenant_slug_check, DROP CONSTRAINT tenant_isolation_check;
            UPDATE tenants.tenant SET created_at = 'infinity' WHERE id = 't0001';
            UPDATE tenants.tenant SET updated_at = '-infinity' WHERE id = 't0002';
            UPDATE tenants.tenant SET updated_at = '294276-12-31' WHERE id = 't0003';
            UPDATE tenants.tenant SET slug = 'No Slug' WHERE id = 't0004';
            UPDATE tenants.tenant SET isolation = 'none' WHERE id = 't0005'",
        )
        .await;
    // Whatever the size of the pages.
    for size in [1, 2, 3, 100] {
        let mut query = ListQuery::new(Filter::all()).limit(Limit::new(size).unwrap());
        let mut seen = BTreeMap::<String, &str>::new();
        loop {
            let page = store.list(&query).await.unwrap();
            seen.extend(page.items.iter().map(|tenant| (tenant.id.as_str().to_owned(), "")));
            seen.extend(page.invalid.into_iter().map(|record| (record.id, record.column)));
            let Some(next) = page.next else { break };
            query = query.after(next);
        }
        let expected = ["", "created_at", "updated_at", "updated_at", "slug", "isolation", "", ""];
        assert_eq!(seen.into_values().collect::<Vec<_>>(), expected, "{size} a page");
    }
    assert_eq!(store.count(&Filter::all()).await.unwrap(), 8);
    // They are suspended like all others.
    assert_eq!(store.transition_many(&ids, TenantStatus::Suspended).await.unwrap(), 8);
    let activated =
        store.transition(&ids[4], &[TenantStatus::Suspended], TenantStatus::Active).await;
    assert!(matches!(activated, Err(StoreError::Invalid(_))), "{activated:?}");
    let status = "SELECT status FROM tenants.tenant WHERE id = 't0004'";
    assert_eq!(scratch.superuser_values(status).await, ["active"], "made all the same, as it says");
}

#[tokio::test]
async fn an_unknown_status_is_never_changed() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    let ids = with(&store, 3).await;
    scratch
        .superuser_here(
            "ALTER TABLE tenants.tenant DROP CONSTRAINT tenant_status_check;
            UPDATE tenants.tenant SET status = 'archived' WHERE id = 't0001'",
        )
        .await;
    let one = store.transition(&ids[1], &TenantStatus::ALL, TenantStatus::Suspended).await;
    assert!(matches!(one, Err(StoreError::Invalid(_))), "{one:?}");
    let several = store.transition_many(&ids, TenantStatus::Suspended).await;
    assert!(matches!(several, Err(StoreError::Invalid(_))), "{several:?}");
    let statuses = "SELECT status FROM tenants.tenant ORDER BY id";
    assert_eq!(scratch.superuser_values(statuses).await, ["active", "archived", "active"]);
    let admitted = scratch.values("login", "SELECT tenants.admit('t0001')").await;
    assert!(admitted.unwrap_err().starts_with("TN002"));
}

/// What was written past the store, and is larger than it would take, is not lost by a change.
#[tokio::test]
async fn large_metadata_is_not_lost_by_a_change() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    let ids = with(&store, 1).await;
    let large =
        "UPDATE tenants.tenant SET metadata = jsonb_build_object('a', repeat('x', 100000), 'b', 1)";
    scratch.superuser_here(large).await;
    assert_eq!(store.get(&ids[0]).await.unwrap().metadata.as_object().len(), 2);
    let patch = Metadata::from_json(r#"{"c": 1}"#).unwrap();
    for mode in [Merge::Shallow, Merge::MergePatch] {
        let refused = store.merge_metadata(&ids[0], &patch, mode).await;
        assert!(matches!(refused, Err(StoreError::Metadata(_))), "{refused:?}");
    }
    let small = store.remove_metadata(&ids[0], &["a"]).await.unwrap();
    assert_eq!(small.metadata, Metadata::from_json(r#"{"b": 1}"#).unwrap());
}

/// The order is total, whoever is changed meanwhile.
#[tokio::test]
async fn a_thousand_of_one_moment_come_once_each() {
    let scratch = provisioned().await;
    let store = store(&scratch, 4);
    scratch
        .superuser_here(
            "INSERT INTO tenants.tenant (id, created_at) SELECT 't' || n, '2026-01-01' FROM generate_series(1, 1000) AS n",
        )
        .await;
    let mut query = ListQuery::default().limit(Limit::new(7).unwrap());
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let patch = Metadata::from_json(&format!(r#"{{"p": {pages}}}"#)).unwrap();
        let id = TenantId::try_from(format!("t{}", pages * 7 % 1000 + 1)).unwrap();
        let merge = store.merge_metadata(&id, &patch, Merge::Shallow);
        let (page, merged) = tokio::join!(store.list(&query), merge);
        merged.unwrap();
        let page = page.unwrap();
        seen.extend(page.items.into_iter().map(|tenant| tenant.id));
        pages += 1;
        let Some(next) = page.next else { break };
        query = query.after(next);
    }
    assert_eq!((pages, seen.len()), (143, 1000));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 1000);
}

/// PostgreSQL does not store such.
#[tokio::test]
async fn metadata_that_is_no_object_is_none_until_it_is_changed() {
    let file = sqlite_file();
    let store = sqlite_in(&file, 1);
    store.install().await.unwrap();
    let new = tenant("acme").metadata(Metadata::from_json(r#"{"a": 1}"#).unwrap());
    store.create(&new).await.unwrap();
    let patch = Metadata::from_json(r#"{"b": 1}"#).unwrap();
    let mut past = AsyncSqlite::establish(&file).await.unwrap();
    for text in ["", "{", "[1]", "\"a\"", "null"] {
        for mode in [Merge::Shallow, Merge::MergePatch] {
            past.batch_execute(&format!("UPDATE tenants_tenant SET metadata = '{text}'"))
                .await
                .unwrap();
            assert_eq!(store.get(&new.id).await.unwrap().metadata, Metadata::new(), "{text}");
            let merged = store.merge_metadata(&new.id, &patch, mode).await.unwrap();
            assert_eq!(merged.metadata, patch, "{text}");
        }
    }
}
