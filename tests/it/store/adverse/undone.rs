//! Changes within a transaction of the caller's, under stricter isolation levels than our own, and that fail.

use std::error::Error as _;

use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::AsyncDieselConnectionManager as Manager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::join_all;
use tenants_core::TenantId;
use tenants_diesel::store::{
    DatabaseStore, DatabaseUrl, Merge, Metadata, NewTenant, Placement, StoreError, Tenant,
    TenantChanges, TenantStatus, TenantStore, Version,
};

use super::{store, tenant};
use crate::store::places::provisioned;

fn metadata(text: &str) -> Metadata {
    Metadata::from_json(text).unwrap()
}

fn large(key: &str) -> Metadata {
    metadata(&format!(r#"{{"{key}": "{}"}}"#, "x".repeat(Metadata::MAX_BYTES * 2 / 3)))
}

/// Each of them is taken back by itself, also if the server refuses it.
#[tokio::test]
async fn a_refused_change_leaves_the_callers_transaction_usable() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    store.create(&tenant("acme").metadata(large("a"))).await.unwrap();
    let locked = store.create(&tenant("locked")).await.unwrap();
    let mut holder = AsyncPgConnection::establish(&scratch.url("provisioner")).await.unwrap();
    let hold = "BEGIN; SELECT FROM tenants.tenant WHERE id = 'locked' FOR UPDATE";
    holder.batch_execute(hold).await.unwrap();

    let mut connection = AsyncPgConnection::establish(&scratch.url("provisioner")).await.unwrap();
    let refused = connection
        .transaction::<_, DieselError, _>(async |connection| {
            connection.batch_execute("SET LOCAL lock_timeout = '50ms'").await?;
            let mut refused = Vec::new();
            let mut store = store.on(connection);
            let heir = store.create(&tenant("heir")).await.unwrap();
            refused
                .push(store.create(&NewTenant::new(heir.id.clone(), "new".parse().unwrap())).await);
            refused.push(
                store
                    .create(&NewTenant::new("new".try_into().unwrap(), "acme".parse().unwrap()))
                    .await,
            );
            let renamed = TenantChanges::new().slug("acme".parse().unwrap());
            refused.push(store.update(&heir.id, heir.version, &renamed).await);
            let acme = TenantId::try_from("acme").unwrap();
            refused
                .push(store.transition(&acme, &[TenantStatus::Active], TenantStatus::Failed).await);
            for mode in [Merge::Shallow, Merge::MergePatch] {
                refused.push(store.merge_metadata(&acme, &large("b"), mode).await);
                refused.push(store.merge_metadata(&locked.id, &large("b"), mode).await);
            }
            refused.push(store.delete(&locked.id).await.map(|()| locked.clone()));
            store.merge_metadata(&heir.id, &metadata(r#"{"a": 1}"#), Merge::Shallow).await.unwrap();
            Ok(refused)
        })
        .await
        .unwrap();
    let refused: Vec<_> = refused.into_iter().map(Result::unwrap_err).collect();
    assert!(
        matches!(
            &refused[..5],
            [
                StoreError::DuplicateId,
                StoreError::DuplicateSlug,
                StoreError::DuplicateSlug,
                StoreError::IllegalTransition { .. },
                StoreError::Metadata(_),
            ]
        ),
        "{refused:?}"
    );
    let heir = store.get(&"heir".try_into().unwrap()).await.unwrap();
    assert_eq!(heir.metadata, metadata(r#"{"a": 1}"#), "committed with all else");
    assert_eq!(heir.slug.unwrap().as_str(), "heir");
    assert_eq!(store.get(&locked.id).await.unwrap(), locked);
}

/// Those who rolled back were told so, and nothing of it is there.
#[tokio::test]
async fn what_the_caller_rolls_back_never_was() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    let before = store.create(&tenant("acme")).await.unwrap();
    let mut connection = AsyncPgConnection::establish(&scratch.url("provisioner")).await.unwrap();
    let undone = connection.transaction::<(), DieselError, _>(async |connection| {
        let mut store = store.on(connection);
        store.create(&tenant("heir")).await.unwrap();
        store.merge_metadata(&before.id, &metadata(r#"{"a": 1}"#), Merge::Shallow).await.unwrap();
        store
            .transition_many(std::slice::from_ref(&before.id), TenantStatus::Suspended)
            .await
            .unwrap();
        store.delete(&before.id).await.unwrap();
        Err(DieselError::RollbackTransaction)
    });
    undone.await.unwrap_err();
    assert_eq!(store.get(&before.id).await.unwrap(), before);
    assert!(!store.exists(&"heir".try_into().unwrap()).await.unwrap());
}

/// Whose snapshot is older than somebody's change is told so, by each operation, and overwrites nothing.
#[tokio::test]
async fn an_old_snapshot_overwrites_nothing() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    for serializable in [false, true] {
        for operation in 0..6 {
            let name = format!("acme-{operation}-{}", u8::from(serializable));
            let read = store.create(&tenant(&name)).await.unwrap();
            let mut connection =
                AsyncPgConnection::establish(&scratch.url("provisioner")).await.unwrap();
            let transaction = connection.build_transaction();
            let mut transaction = if serializable {
                transaction.serializable()
            } else {
                transaction.repeatable_read()
            };
            let done = transaction.run::<Tenant, DieselError, _>(async |connection| {
                let mut inner = store.on(connection);
                assert_eq!(inner.get(&read.id).await.unwrap(), read);
                store
                    .transition(&read.id, &[TenantStatus::Active], TenantStatus::Suspended)
                    .await
                    .unwrap();
                let patch = metadata(r#"{"a": 1}"#);
                let changes = TenantChanges::new().name("stale");
                let (active, ids) = ([TenantStatus::Active], [read.id.clone()]);
                let stale = match operation {
                    0 => inner.merge_metadata(&read.id, &patch, Merge::Shallow).await,
                    1 => inner.merge_metadata(&read.id, &patch, Merge::MergePatch).await,
                    2 => inner.update(&read.id, read.version, &changes).await,
                    3 => inner.transition(&read.id, &active, TenantStatus::Deleting).await,
                    4 => inner
                        .transition_many(&ids, TenantStatus::Deleting)
                        .await
                        .map(|_| read.clone()),
                    _ => inner.delete(&read.id).await.map(|()| read.clone()),
                };
                assert!(matches!(stale, Err(StoreError::Timeout)), "{operation}: {stale:?}");
                assert!(stale.unwrap_err().is_transient());
                Err(DieselError::RollbackTransaction)
            });
            done.await.unwrap_err();
            let there = store.get(&read.id).await.unwrap();
            assert_eq!((there.status, there.version.stored()), (TenantStatus::Suspended, 2));
        }
    }
}

/// Two who both look before they create: the second one waits, and is told.
#[tokio::test]
async fn an_uncommitted_tenant_is_waited_for() {
    let scratch = provisioned().await;
    let store = store(&scratch, 4);
    for commits in [true, false] {
        let name = format!("acme-{commits}");
        let new = tenant(&name);
        let mut connection =
            AsyncPgConnection::establish(&scratch.url("provisioner")).await.unwrap();
        let same_slug = NewTenant::new(TenantId::from(i32::from(commits)), new.slug.clone());
        let ahead = connection.transaction::<_, DieselError, _>(async |connection| {
            store.on(connection).create(&new).await.unwrap();
            let behind = (store.clone(), new.clone(), same_slug.clone());
            let behind = tokio::spawn(async move {
                let (store, same_id, same_slug) = behind;
                tokio::join!(store.create(&same_id), store.create(&same_slug))
            });
            let waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' HAVING count(*) = 2";
            scratch.until(waiting).await;
            if commits { Ok(behind) } else { behind_or(behind).await }
        });
        let Ok(behind) = ahead.await else { continue };
        let (same_id, same_slug) = behind.await.unwrap();
        assert!(matches!(same_id, Err(StoreError::DuplicateId)), "{same_id:?}");
        assert!(matches!(same_slug, Err(StoreError::DuplicateSlug)), "{same_slug:?}");
    }
    // One of those who waited for the one that was rolled back.
    let found = "SELECT 1 FROM tenants.tenant WHERE slug = 'acme-false'";
    scratch.until(found).await;
    assert_eq!(scratch.superuser_values(found).await.len(), 1);
}

/// Lets the others wait on, and rolls back.
async fn behind_or<T>(behind: T) -> Result<T, DieselError> {
    drop(behind);
    Err(DieselError::RollbackTransaction)
}

/// A database may have another default than READ COMMITTED.
#[tokio::test]
async fn a_stricter_default_fails_no_merge() {
    let scratch = provisioned().await;
    let login = scratch.role("provisioner");
    for level in ["repeatable read", "serializable"] {
        scratch
            .superuser(&format!("ALTER ROLE {login} SET default_transaction_isolation = '{level}'"))
            .await;
        let store = store(&scratch, 8);
        let new = tenant(&level.replace(' ', "-"));
        store.create(&new).await.unwrap();
        let patches: Vec<_> = (0..50).map(|n| metadata(&format!(r#"{{"{n}": {n}}}"#))).collect();
        for mode in [Merge::Shallow, Merge::MergePatch] {
            let all = patches.iter().map(|patch| store.merge_metadata(&new.id, patch, mode));
            for merged in join_all(all).await {
                merged.unwrap();
            }
        }
        let merged = store.get(&new.id).await.unwrap();
        assert_eq!((merged.metadata.as_object().len(), merged.version.stored()), (50, 101));
    }
}

/// What others undid is done again, five times in all and by one loop; whatever else is refused is not.
#[tokio::test]
async fn a_change_that_is_undone_is_made_anew() {
    let scratch = provisioned().await;
    let store = store(&scratch, 1);
    let new = tenant("acme");
    store.create(&new).await.unwrap();
    // A sequence counts on, whatever is rolled back.
    scratch
        .superuser_here(
            "CREATE SEQUENCE attempts; GRANT ALL ON SEQUENCE attempts TO PUBLIC;
            CREATE TABLE undone (code text, times int); GRANT ALL ON undone TO PUBLIC;
            CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                attempt bigint := nextval('public.attempts');
                to_undo public.undone;
            BEGIN
                SELECT * INTO to_undo FROM public.undone;
                IF attempt <= to_undo.times THEN
                    RAISE EXCEPTION 'undone' USING ERRCODE = to_undo.code;
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER undo BEFORE UPDATE ON tenants.tenant FOR EACH ROW EXECUTE FUNCTION undo()",
        )
        .await;
    let patch = metadata(r#"{"a": 1}"#);
    for (code, times, attempts) in [("40001", 4, 5), ("40001", 9, 5), ("22012", 9, 1)] {
        for operation in 0..4 {
            let begin = format!(
                "TRUNCATE undone; INSERT INTO undone VALUES ('{code}', {times});
                ALTER SEQUENCE attempts RESTART"
            );
            scratch.superuser_here(&begin).await;
            let there = store.get(&new.id).await.unwrap();
            let (from, to) = match there.status {
                TenantStatus::Active => (TenantStatus::Active, TenantStatus::Suspended),
                other => (other, TenantStatus::Active),
            };
            let done = match operation {
                0 => store.merge_metadata(&new.id, &patch, Merge::Shallow).await,
                1 => store.merge_metadata(&new.id, &patch, Merge::MergePatch).await,
                2 => store.update(&new.id, there.version, &TenantChanges::new().name("x")).await,
                _ => store.transition(&new.id, &[from], to).await,
            };
            let made = scratch.superuser_values("SELECT last_value FROM attempts").await;
            assert_eq!(made, [attempts.to_string()], "{code} {operation}");
            match (code, times) {
                (_, 4) => assert_eq!(done.unwrap().version.stored(), there.version.stored() + 1),
                ("40001", _) => assert!(matches!(done, Err(StoreError::Timeout)), "{done:?}"),
                _ => assert!(matches!(done, Err(StoreError::Backend { .. })), "{done:?}"),
            }
        }
    }
}

/// Of a server that was restarted the next call but one at most is none the wiser.
#[tokio::test]
async fn a_connection_that_was_ended_is_made_anew() {
    let scratch = provisioned().await;
    let store = store(&scratch, 1);
    let created = store.create(&tenant("acme")).await.unwrap();
    for _ in 0..3 {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert_eq!(scratch.superuser_values(end).await, ["t"]);
        match store.get(&created.id).await {
            Ok(there) => assert_eq!(there, created),
            Err(error) => {
                assert!(matches!(error, StoreError::Unavailable), "{error:?}");
                assert_eq!(store.get(&created.id).await.unwrap(), created);
            }
        }
    }
}

/// Neither what was to be stored, nor how to connect.
#[tokio::test]
async fn errors_hold_no_data() {
    let scratch = provisioned().await;
    let store = store(&scratch, 1);
    let url = DatabaseUrl::new("postgres://u:s3cret@h/d");
    let secret = metadata(r#"{"s3cret": "s3cret"}"#);
    let new = tenant("s3cret").name("s3cret").metadata(secret.clone());
    let new = new.placement(Placement::Database(url));
    let created = store.create(&new).await.unwrap();
    let check = "ALTER TABLE tenants.tenant ADD CHECK (name <> 's3cret') NOT VALID";
    scratch.superuser_here(check).await;
    let ids = [new.id.clone(), "s3cret-2".try_into().unwrap()];
    let fresh = NewTenant::new(ids[1].clone(), "s3cret-2".parse().unwrap()).name("s3cret");
    let mut errors = vec![
        store.create(&new).await.unwrap_err(),
        store.create(&fresh).await.unwrap_err(),
        store.merge_metadata(&new.id, &secret, Merge::Shallow).await.unwrap_err(),
        store.transition_many(&ids, TenantStatus::Suspended).await.unwrap_err(),
        store.update(&new.id, Version::from_stored(9), &TenantChanges::new()).await.unwrap_err(),
    ];
    assert!(
        matches!(errors[1], StoreError::Backend { .. })
            && matches!(errors[2], StoreError::Backend { .. })
    );
    scratch.superuser_here("DROP TABLE tenants.tenant CASCADE").await;
    errors.push(store.get(&new.id).await.unwrap_err());
    let manager = Manager::<AsyncPgConnection>::new("postgres://u:s3cret@127.0.0.1:1/s3cret");
    let nowhere = DatabaseStore::new(Pool::builder(manager).build().unwrap());
    errors.push(nowhere.get(&new.id).await.unwrap_err());
    assert!(matches!(errors[6], StoreError::Unavailable));
    let shown = format!("{errors:?} {created:?} {store:?} {nowhere:?} {:?}", store.clone());
    let told: String =
        errors.iter().map(|error| format!("{error}; {:?}", error.source())).collect();
    assert!(!shown.contains("3cret") && !told.contains("3cret"), "{shown} {told}");
}
