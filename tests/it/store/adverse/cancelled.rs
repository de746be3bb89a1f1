//! Futures of a store that are dropped before they are done.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tenants_core::TenantId;
use tenants_diesel::store::{
    Merge, Metadata, StoreError, Tenant, TenantChanges, TenantStatus, TenantStore,
};

use super::{store, tenant};
use crate::store::places::{provisioned, sqlite_file, sqlite_in};

/// Drops a future once it was polled that often; `None` if it was not done.
async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Each operation that changes a record, under a number.
async fn change(
    store: &impl TenantStore,
    before: &Tenant,
    number: usize,
) -> Result<(), StoreError> {
    let id = &before.id;
    let patch = Metadata::from_json(r#"{"a": 1}"#).unwrap();
    let suspended = TenantStatus::Suspended;
    let changes = TenantChanges::new().name("another");
    match number {
        0 => store.merge_metadata(id, &patch, Merge::Shallow).await.map(drop),
        1 => store.merge_metadata(id, &patch, Merge::MergePatch).await.map(drop),
        2 => store.remove_metadata(id, &["b"]).await.map(drop),
        3 => store.update(id, before.version, &changes).await.map(drop),
        4 => store.transition(id, &[TenantStatus::Active], suspended).await.map(drop),
        5 => store.transition_many(std::slice::from_ref(id), suspended).await.map(drop),
        6 => store.delete(id).await,
        _ => store.create(&tenant(&format!("{id}-x"))).await.map(drop),
    }
}

/// Whatever was being waited for: the next one is not held up, and what it sees stays.
async fn drop_everywhere(store: &impl TenantStore, another: &impl TenantStore) -> usize {
    let mut drops = 0;
    for number in 0..8 {
        for polls in 1.. {
            let id = TenantId::try_from(format!("t-{number}-{polls}")).unwrap();
            let new = tenant(id.as_str());
            let new = new.metadata(Metadata::from_json(r#"{"b": 1}"#).unwrap());
            let before = store.create(&new).await.unwrap();
            let done = dropped_after(polls, change(store, &before, number)).await;
            // Another process, whose connections know nothing of this one.
            let seen = Metadata::from_json(r#"{"seen": true}"#).unwrap();
            let next = another.merge_metadata(&id, &seen, Merge::MergePatch);
            let next = tokio::time::timeout(Duration::from_secs(20), next).await;
            let next = next.expect("nobody holds the record");
            let after = another.get(&id).await;
            match (&next, &after) {
                (Err(StoreError::NotFound), Err(StoreError::NotFound)) => assert_eq!(number, 6),
                (Ok(next), Ok(after)) => {
                    // As it was, or as it is after one change.
                    let changes = after.version.stored() - before.version.stored();
                    assert_eq!(next, after);
                    assert!((1..=2).contains(&changes), "{number} {polls}: {changes}");
                    let made = after.metadata.get("a").is_some()
                        || after.metadata.get("b").is_none()
                        || after.name == "another"
                        || after.status == TenantStatus::Suspended;
                    assert_eq!(made, changes == 2, "{number} {polls}");
                }
                other => panic!("{number} {polls}: {other:?}"),
            }
            // The pool of the one that was dropped goes on.
            let same = tokio::time::timeout(Duration::from_secs(20), store.get(&id)).await.unwrap();
            assert_eq!(same.ok(), after.ok(), "{number} {polls}");
            if let Some(done) = done {
                done.unwrap();
                break;
            }
            drops += 1;
        }
    }
    drops
}

#[tokio::test]
async fn a_dropped_change_is_made_or_not_and_holds_up_nobody() {
    let scratch = provisioned().await;
    let (store, another) = (store(&scratch, 1), store(&scratch, 1));
    // At least one await each.
    assert!(drop_everywhere(&store, &another).await >= 20);
    let open = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(scratch.superuser_values(open).await, [""; 0]);
}

/// Its connections answer from a thread of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_change_in_sqlite_is_made_or_not() {
    let file = sqlite_file();
    let (store, another) = (sqlite_in(&file, 1), sqlite_in(&file, 1));
    store.install().await.unwrap();
    assert!(drop_everywhere(&store, &another).await >= 8);
}
