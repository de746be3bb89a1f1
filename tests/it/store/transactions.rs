//! A store within the caller's own transaction.

use diesel::result::Error as DieselError;
use serde_json::json;
use tenants_diesel::TenantId;
use tenants_diesel::store::{Merge, Metadata, NewTenant, StoreError, TenantChanges, TenantStatus};

use super::places::{self, acme, installed};

fn other() -> NewTenant {
    NewTenant::new(TenantId::try_from("2").unwrap(), "other".parse().unwrap())
}

fn patch() -> Metadata {
    json!({ "a": 1 }).try_into().unwrap()
}

/// The cases of one back end. `$place` is what must live as long as the store, `$async` and `$wait` make them wait.
macro_rules! cases {
    ($name:ident: $place:pat, $store:ident = $new:expr, [$($async:tt)*] [$($wait:tt)*] $connection:path, $stores:path) => {
        mod $name {
            use super::*;
            use $connection as _;
            use $stores as _;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn it_commits_and_is_undone_with_it() {
                let ($place, $store) = $new;
                let mut connection = $store.pool().get()$($wait)*.unwrap();
                let undone = connection.transaction($($async)* |connection| {
                    let acme = $store.on(connection).create(&acme())$($wait)*.unwrap();
                    $store.on(connection).merge_metadata(&acme.id, &patch(), Merge::Shallow)$($wait)*.unwrap();
                    Err::<(), _>(DieselError::RollbackTransaction)
                })$($wait)*;
                undone.unwrap_err();
                assert!(!$store.exists(&acme().id)$($wait)*.unwrap());

                let done = connection.transaction($($async)* |connection| {
                    let acme = $store.on(connection).create(&acme())$($wait)*.unwrap();
                    // Nobody else sees it yet.
                    assert!(matches!($store.get(&acme.id)$($wait)*, Err(StoreError::NotFound)));
                    Ok::<_, DieselError>(acme)
                })$($wait)*;
                assert_eq!($store.get(&acme().id)$($wait)*.unwrap(), done.unwrap());
            }

            /// Each operation that is refused is undone alone.
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn what_is_refused_leaves_it_usable() {
                let ($place, $store) = $new;
                let first = $store.create(&acme())$($wait)*.unwrap();
                let mut connection = $store.pool().get()$($wait)*.unwrap();
                let done = connection.transaction($($async)* |connection| {
                    let mut on = $store.on(connection);
                    let id = on.create(&acme())$($wait)*;
                    assert!(matches!(id, Err(StoreError::DuplicateId)), "{id:?}");
                    let slug = on.create(&NewTenant::new(other().id, acme().slug))$($wait)*;
                    assert!(matches!(slug, Err(StoreError::DuplicateSlug)), "{slug:?}");
                    let second = on.create(&other())$($wait)*.unwrap();
                    let taken = TenantChanges::new().slug(acme().slug);
                    let taken = on.update(&second.id, second.version, &taken)$($wait)*;
                    assert!(matches!(taken, Err(StoreError::DuplicateSlug)), "{taken:?}");
                    let changes = TenantChanges::new().name("x");
                    let renamed = on.update(&first.id, first.version, &changes)$($wait)*.unwrap();
                    let stale = on.update(&first.id, first.version, &changes)$($wait)*;
                    let Err(StoreError::VersionConflict { current }) = stale else { panic!("{stale:?}") };
                    assert_eq!(current, renamed.version);
                    let ids = [first.id.clone(), "9".try_into().unwrap()];
                    let several = on.transition_many(&ids, TenantStatus::Suspended)$($wait)*;
                    assert!(matches!(several, Err(StoreError::Several(_))), "{several:?}");
                    let from = [TenantStatus::Suspended];
                    let illegal = on.transition(&first.id, &from, TenantStatus::Active)$($wait)*;
                    assert!(matches!(illegal, Err(StoreError::IllegalTransition { .. })), "{illegal:?}");
                    let nobody = on.delete(&ids[1])$($wait)*;
                    assert!(matches!(nobody, Err(StoreError::NotFound)), "{nobody:?}");
                    Ok::<_, DieselError>((renamed, second))
                })$($wait)*;
                let (renamed, second) = done.unwrap();
                assert_eq!($store.get(&renamed.id)$($wait)*.unwrap(), renamed);
                assert_eq!($store.get(&second.id)$($wait)*.unwrap(), second);
            }
        }
    };
}

cases!(postgres: _scratch, store = places::postgres().await,
    [async] [.await] diesel_async::AsyncConnection, tenants_diesel::store::TenantStore);
cases!(postgres_sync: _scratch, store = places::postgres_sync().await,
    [] [] diesel::Connection, tenants_diesel::sync::TenantStore);
cases!(sqlite: _file, store = ((), installed!(places::sqlite(), await)),
    [async] [.await] diesel_async::AsyncConnection, tenants_diesel::store::TenantStore);
cases!(sqlite_sync: _file, store = ((), installed!(places::sqlite_sync())),
    [] [] diesel::Connection, tenants_diesel::sync::TenantStore);

#[cfg(feature = "external")]
mod on_mariadb {
    use super::super::mariadb::Database;
    use super::*;

    cases!(awaited: _database, store = ((), installed!(Database::new().await.store(), await)),
        [async] [.await] diesel_async::AsyncConnection, tenants_diesel::store::TenantStore);
    cases!(threaded: _database, store = ((), installed!(Database::new().await.sync_store())),
        [] [] diesel::Connection, tenants_diesel::sync::TenantStore);

    /// By the isolation level of the caller's transaction, which is MySQL's own here, a plain read would go back in time.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_conflict_tells_the_version_of_now() {
        use diesel_async::AsyncConnection;
        use tenants_diesel::store::TenantStore;

        let store = installed!(Database::new().await.store(), await);
        let first = store.create(&acme()).await.unwrap();
        let mut connection = store.pool().get().await.unwrap();
        let done = connection.transaction(async |connection| {
            assert_eq!(store.on(connection).get(&first.id).await.unwrap(), first);
            let changes = TenantChanges::new().name("x");
            let second = store.update(&first.id, first.version, &changes).await.unwrap();
            let stale = store.on(connection).update(&first.id, first.version, &changes).await;
            Ok::<_, DieselError>((second, stale))
        });
        let (second, stale) = done.await.unwrap();
        let Err(StoreError::VersionConflict { current }) = stale else { panic!("{stale:?}") };
        assert_eq!(current, second.version);
    }
}
