//! What is in the way of a store is told by type, and by nothing else.

use std::error::Error;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures_util::{StreamExt, join};
use serde_json::json;
use tenants_diesel::TenantId;
use tenants_diesel::store::{
    Filter, InstallError, Limit, ListQuery, Merge, Metadata, NewTenant, StoreError, TenantChanges,
    TenantStatus, TenantStore, Threaded, Version,
};

use super::places::{self, acme, installed};
use crate::migrations::scratch::Scratch;

/// In what the servers say and in the URLs of some stores.
const SECRET: &str = "s3cret";

fn patch() -> Metadata {
    json!({ "a": 1 }).try_into().unwrap()
}

fn id(text: &str) -> TenantId {
    text.try_into().unwrap()
}

#[track_caller]
fn tells_nothing(error: impl Error) {
    let mut told = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        told.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    for hidden in [SECRET, "://", "127.0.0.1", "acme", "password"] {
        assert!(!told.contains(hidden), "{told}");
    }
}

/// Every change waits for somebody who has the record, or all of them, as long as the store may.
async fn changes_time_out(store: &impl TenantStore) {
    let (id, version) = (acme().id, Version::from_stored(1));
    let ids = [id.clone()];
    let (changes, patch) = (TenantChanges::new().name("x"), patch());
    let all = join!(
        store.update(&id, version, &changes),
        store.transition(&id, &TenantStatus::ALL, TenantStatus::Suspended),
        store.merge_metadata(&id, &patch, Merge::Shallow),
        store.merge_metadata(&id, &patch, Merge::MergePatch),
        store.remove_metadata(&id, &["a"]),
        store.transition_many(&ids, TenantStatus::Suspended),
        store.delete(&id),
    );
    let tenants = [all.0, all.1, all.2, all.3, all.4].into_iter().map(|it| it.map(drop));
    for outcome in tenants.chain([all.5.map(drop), all.6]) {
        assert!(matches!(outcome, Err(StoreError::Timeout)), "{outcome:?}");
        assert!(outcome.unwrap_err().is_transient());
    }
    // Who reads waits for nobody.
    assert_eq!(store.get(&id).await.unwrap().version, version);
}

/// Nothing that somebody wrote past the store keeps others from being read. `spoil` sets a column of a tenant.
async fn one_corrupt_record_breaks_no_other(
    store: &impl TenantStore,
    metadata: &str,
    spoil: impl AsyncFn(&str, &str, &str),
) {
    for number in 1..=4 {
        let tenant =
            NewTenant::new(id(&format!("{number}")), format!("slug-{number}").parse().unwrap());
        store.create(&tenant.name("Same")).await.unwrap();
    }
    spoil("status", "unheard", "1").await;
    spoil("slug", "No Slug", "2").await;
    spoil("metadata", metadata, "3").await;

    let expected = [id("3"), id("4")];
    let page = store.list(&ListQuery::new(Filter::all())).await.unwrap();
    let mut listed: Vec<_> = page.items.into_iter().map(|it| it.id).collect();
    listed.sort();
    assert_eq!(listed, expected);
    let invalid: Vec<_> = page.invalid.iter().map(|it| (&*it.id, it.column)).collect();
    assert_eq!(invalid, [("2", "slug")]);
    let walked: Vec<_> = store.walk(Filter::all()).collect().await;
    assert!(matches!(walked[0], Err(StoreError::Invalid(_))), "{walked:?}");
    let walked: Vec<_> = walked.into_iter().flatten().map(|it| it.id).collect();
    assert_eq!(walked, expected);
    let found = store.search("same", Limit::default()).await.unwrap();
    assert_eq!(found.into_iter().map(|it| it.id).collect::<Vec<_>>(), expected);
    let many = store.get_many(&expected).await.unwrap();
    assert_eq!(many.iter().flatten().count(), 2);

    for (of, column) in [("1", "status"), ("2", "slug")] {
        let StoreError::Invalid(invalid) = store.get(&id(of)).await.unwrap_err() else {
            panic!("{of}")
        };
        assert_eq!(invalid.column, column);
        assert!(store.exists(&id(of)).await.unwrap());
        tells_nothing(invalid);
    }
    assert_eq!(store.get(&id("3")).await.unwrap().metadata, Metadata::new());
    let merged = store.merge_metadata(&id("3"), &patch(), Merge::Shallow).await.unwrap();
    assert_eq!(merged.metadata, patch());
    assert_eq!(store.get(&id("3")).await.unwrap(), merged);
}

/// What others undo is tried five times, what is wrong once, and nothing of what the server said is told. `set` lets
/// each update end with an error, and `attempts` counts them.
async fn is_tried<T: TenantStore>(
    store: &T,
    set: impl AsyncFn(&str),
    attempts: impl AsyncFn() -> u64,
    cases: &[(&str, u64, &str)],
) {
    let created = store.create(&acme()).await.unwrap();
    let mut before = 0;
    for (error, times, expected) in cases {
        set(error).await;
        let changes = TenantChanges::new().name("x");
        let (id, patch, ids) = (&created.id, patch(), [created.id.clone()]);
        let mut counted = async |outcome: Result<(), StoreError>| {
            let refused = outcome.unwrap_err();
            assert!(format!("{refused:?}").starts_with(expected), "{error}: {refused:?}");
            tells_nothing(refused);
            let now = attempts().await;
            assert_eq!(now - before, *times, "{error}");
            before = now;
        };
        counted(store.merge_metadata(id, &patch, Merge::Shallow).await.map(drop)).await;
        counted(store.merge_metadata(id, &patch, Merge::MergePatch).await.map(drop)).await;
        counted(store.update(id, created.version, &changes).await.map(drop)).await;
        counted(store.transition_many(&ids, TenantStatus::Suspended).await.map(drop)).await;
        counted(store.delete(id).await).await;
    }
    assert_eq!(store.get(&created.id).await.unwrap(), created);
}

/// A store whose connections were all ended works again at once, or says by type that it does not.
async fn recovers(store: &impl TenantStore) {
    for _ in 0..16 {
        match store.get(&acme().id).await {
            Ok(_) => break,
            Err(error) => assert!(matches!(error, StoreError::Unavailable), "{error:?}"),
        }
    }
    store.merge_metadata(&acme().id, &patch(), Merge::Shallow).await.unwrap();
}

/// Of two transactions of callers that wait for each other one is undone, by type, and its connection serves on.
macro_rules! one_of_a_deadlock_is_undone {
    ($store:expr) => {{
        use diesel::result::Error::RollbackTransaction;
        use diesel_async::AsyncConnection as _;

        let (store, both) = (&$store, tokio::sync::Barrier::new(2));
        let ids = [id("1"), id("2")];
        store.create(&acme()).await.unwrap();
        store.create(&NewTenant::new(ids[1].clone(), "other".parse().unwrap())).await.unwrap();
        let change = async |first: &TenantId, second: &TenantId| {
            let mut connection = store.pool().get().await.unwrap();
            let done = connection.transaction(async |connection| {
                let mut on = store.on(connection);
                on.merge_metadata(first, &patch(), Merge::Shallow).await.unwrap();
                both.wait().await;
                match on.merge_metadata(second, &patch(), Merge::MergePatch).await {
                    Ok(_) => Ok(()),
                    Err(StoreError::Timeout) => Err(RollbackTransaction),
                    Err(error) => panic!("{error:?}"),
                }
            });
            let done = done.await;
            store.on(&mut connection).get(first).await.unwrap();
            store.on(&mut connection).search("acme", Limit::default()).await.unwrap();
            usize::from(done.is_ok())
        };
        let (one, other) = join!(change(&ids[0], &ids[1]), change(&ids[1], &ids[0]));
        assert_eq!(one + other, 1);
        for id in ids {
            assert_eq!(store.get(&id).await.unwrap().version, Version::from_stored(2));
        }
    }};
}

const SOON: Duration = Duration::from_millis(100);

mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lock_that_is_not_given_is_a_timeout() {
        let store = installed!(places::sqlite(), await).lock_timeout(SOON);
        store.create(&acme()).await.unwrap();
        let mut holder = store.pool().get().await.unwrap();
        holder.batch_execute("BEGIN IMMEDIATE").await.unwrap();
        changes_time_out(&store).await;
        holder.batch_execute("ROLLBACK").await.unwrap();
        store.delete(&acme().id).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn corrupt_records() {
        let store = installed!(places::sqlite(), await);
        one_corrupt_record_breaks_no_other(&store, "{broken", async |column, value, id| {
            let spoil = format!("UPDATE tenants_tenant SET {column} = '{value}' WHERE id = '{id}'");
            store.pool().get().await.unwrap().batch_execute(&spoil).await.unwrap();
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn errors_tell_nothing() {
        use diesel::connection::SimpleConnection;

        let store = installed!(places::sqlite_sync());
        let trigger = format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON tenants_tenant BEGIN SELECT RAISE(ABORT, '{SECRET}'); END"
        );
        store.pool().get().unwrap().batch_execute(&trigger).unwrap();
        let refused = Threaded::new(store).create(&acme()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Backend { .. }), "{refused:?}");
        tells_nothing(refused);
    }
}

mod postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_deadlock() {
        one_of_a_deadlock_is_undone!(places::postgres().await.1);
    }

    /// A connection of the superuser that holds all records.
    async fn holder(scratch: &Scratch) -> diesel_async::AsyncPgConnection {
        let url = scratch.superuser_url();
        let mut holder =
            <places::AsyncPg as diesel_async::AsyncConnection>::establish(&url).await.unwrap();
        holder.batch_execute("BEGIN; SELECT FROM tenants.tenant FOR UPDATE").await.unwrap();
        holder
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lock_that_is_not_given_is_a_timeout() {
        let (scratch, store) = places::postgres().await;
        let store = store.lock_timeout(SOON);
        store.create(&acme()).await.unwrap();
        let mut holder = holder(&scratch).await;
        changes_time_out(&store).await;
        let sync = places::pooled!(sync diesel::PgConnection, scratch.url("provisioner"));
        changes_time_out(&Threaded::new(sync.lock_timeout(SOON))).await;
        holder.batch_execute("ROLLBACK").await.unwrap();
        store.delete(&acme().id).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn corrupt_records() {
        let (scratch, store) = places::postgres().await;
        scratch
            .superuser_here(
                "ALTER TABLE tenants.tenant DROP CONSTRAINT tenant_status_check,
                DROP CONSTRAINT tenant_slug_check, DROP CONSTRAINT tenant_metadata_check",
            )
            .await;
        one_corrupt_record_breaks_no_other(&store, "[1]", async |column, value, id| {
            let spoil = format!("UPDATE tenants.tenant SET {column} = '{value}' WHERE id = '{id}'");
            scratch.superuser_here(&spoil).await;
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_tried_again_and_what_is_not() {
        let (scratch, store) = places::postgres().await;
        // Its numbers are not given back.
        scratch
            .superuser_here(
                "CREATE SEQUENCE attempts;
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END';
                CREATE TRIGGER refuse BEFORE UPDATE ON tenants.tenant
                FOR EACH ROW EXECUTE FUNCTION refuse()",
            )
            .await;
        let set = async |error: &str| {
            let body = format!(
                "PERFORM nextval(''public.attempts''); RAISE EXCEPTION ''{SECRET}'' USING {error}"
            );
            let set = format!(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                AS 'BEGIN {body}; END'"
            );
            scratch.superuser_here(&set).await;
        };
        let attempts = async || {
            let count = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM attempts";
            scratch.superuser_values(count).await[0].parse().unwrap()
        };
        // As PostgreSQL tells a deadlock, in whatever language.
        let deadlock =
            "ERRCODE = ''40P01'', DETAIL = E''1 wartet auf 2\\n2 wartet auf 1'', HINT = ''Log''";
        let cases = [
            ("ERRCODE = ''40001''", 5, "Timeout"),
            (deadlock, 5, "Timeout"),
            ("ERRCODE = ''22012''", 1, "Backend"),
        ];
        is_tried(&store, set, attempts, &cases).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_connection_that_is_cut_is_made_anew() {
        let (scratch, store) = places::postgres().await;
        let sync = places::pooled!(sync diesel::PgConnection, scratch.url("provisioner"));
        let sync = Threaded::new(sync);
        store.create(&acme()).await.unwrap();
        sync.get(&acme().id).await.unwrap();
        let cut = async |which: &str| {
            let cut = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = '{}' AND {which}",
                scratch.role("provisioner")
            );
            scratch.superuser_values(&cut).await.len()
        };
        assert!(cut("true").await >= 2);
        recovers(&store).await;
        recovers(&sync).await;

        // In the middle of a change.
        let mut holder = holder(&scratch).await;
        for store in [Ok(&store), Err(&sync)] {
            let change = async {
                let (id, patch) = (acme().id, patch());
                match store {
                    Ok(store) => store.merge_metadata(&id, &patch, Merge::Shallow).await,
                    Err(sync) => sync.merge_metadata(&id, &patch, Merge::Shallow).await,
                }
            };
            let ((), changed) =
                join!(async { while cut("wait_event_type = 'Lock'").await == 0 {} }, change);
            let error = changed.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable), "{error:?}");
            tells_nothing(error);
        }
        holder.batch_execute("ROLLBACK").await.unwrap();
        recovers(&store).await;
        recovers(&sync).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_may_not_is_told_without_names() {
        let (scratch, _store) = places::postgres().await;
        let url = scratch.url("login").replace("@", &format!(":{SECRET}@"));
        let store = places::pooled!(places::AsyncPg, url);
        let refused = store.create(&acme()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Backend { .. }), "{refused:?}");
        tells_nothing(refused);
        assert!(
            !format!("{store:?} {:?}", store.on(&mut store.pool().get().await.unwrap()))
                .contains(SECRET)
        );
        let nowhere = format!("postgres://acme:{SECRET}@127.0.0.1:1/acme");
        let nowhere = places::pooled!(places::AsyncPg, nowhere);
        let unreachable = nowhere.get(&acme().id).await.unwrap_err();
        assert!(matches!(unreachable, StoreError::Unavailable), "{unreachable:?}");
        tells_nothing(unreachable);
        let InstallError::Store(unreachable) = nowhere.install().await.unwrap_err() else {
            panic!()
        };
        tells_nothing(unreachable);
    }
}

#[cfg(feature = "external")]
mod mariadb {
    use diesel_async::AsyncMysqlConnection;

    use super::super::mariadb::Database;
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lock_that_is_not_given_is_a_timeout() {
        let database = Database::new().await;
        let store = installed!(database.store(), await).lock_timeout(SOON);
        store.create(&acme()).await.unwrap();
        let mut holder = database.hold().await;
        let sync = Threaded::new(database.sync_store().lock_timeout(SOON));
        join!(changes_time_out(&store), changes_time_out(&sync));
        holder.batch_execute("ROLLBACK").await.unwrap();
        store.delete(&acme().id).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn corrupt_records() {
        let database = Database::new().await;
        let store = installed!(database.store(), await);
        one_corrupt_record_breaks_no_other(&store, "{broken", async |column, value, id| {
            let spoil = format!("UPDATE tenants_tenant SET {column} = '{value}' WHERE id = '{id}'");
            database.run(&spoil).await;
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_deadlock() {
        one_of_a_deadlock_is_undone!(installed!(Database::new().await.store(), await));
    }

    async fn tried(database: &Database, store: &impl TenantStore) {
        // It keeps what a transaction wrote that is undone.
        database.run("CREATE TABLE attempts (attempt int) ENGINE = MyISAM").await;
        let set = async |error: &str| {
            let trigger = format!(
                "CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE ON tenants_tenant FOR EACH ROW BEGIN
                INSERT INTO attempts VALUES (1); SIGNAL SQLSTATE {error}, MESSAGE_TEXT = '{SECRET}'; END"
            );
            database.run(&trigger).await;
        };
        let attempts = async || database.number("SELECT count(*) AS number FROM attempts").await;
        let cases = [
            ("'40001' SET MYSQL_ERRNO = 1213", 5, "Timeout"),
            ("'HY000' SET MYSQL_ERRNO = 1020", 5, "Timeout"),
            ("'HY000' SET MYSQL_ERRNO = 1205", 1, "Timeout"),
            ("'22012' SET MYSQL_ERRNO = 1365", 1, "Backend { kind: \"error 1365\" }"),
        ];
        is_tried(store, set, attempts, &cases).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_tried_again_and_what_is_not() {
        let database = Database::new().await;
        tried(&database, &installed!(database.store(), await)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_tried_again_by_threads() {
        let database = Database::new().await;
        tried(&database, &Threaded::new(installed!(database.sync_store()))).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_connection_that_is_cut_is_made_anew() {
        let database = Database::new().await;
        let store = installed!(database.store(), await);
        let sync = Threaded::new(database.sync_store());
        store.create(&acme()).await.unwrap();
        sync.get(&acme().id).await.unwrap();
        assert!(database.connections().await >= 2);
        database.cut().await;
        recovers(&store).await;
        recovers(&sync).await;

        // In the middle of a change.
        let mut holder = database.hold().await;
        let (id, patch) = (acme().id, patch());
        let cut = async {
            while database.waiting().await < 2 {}
            database.cut().await;
        };
        let ((), one, other) = join!(
            cut,
            store.merge_metadata(&id, &patch, Merge::Shallow),
            sync.merge_metadata(&id, &patch, Merge::Shallow),
        );
        for changed in [one, other] {
            let error = changed.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable), "{error:?}");
            tells_nothing(error);
        }
        holder.batch_execute("ROLLBACK").await.unwrap();
        recovers(&store).await;
        recovers(&sync).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_may_not_is_told_without_names() {
        let database = Database::new().await;
        let store = database.store();
        let refused = store.create(&acme()).await.unwrap_err();
        assert!(
            matches!(&refused, StoreError::Backend { kind } if kind == "error 1146"),
            "{refused:?}"
        );
        tells_nothing(refused);
        let wrong = database.url().replace("pass-of", SECRET);
        assert!(wrong.contains(SECRET));
        let wrong = places::pooled!(AsyncMysqlConnection, wrong);
        let refused = wrong.get(&acme().id).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable), "{refused:?}");
        tells_nothing(refused);
    }
}
