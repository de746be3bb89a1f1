//! What other processes change is seen at once: two caches on two pools are two processes.

use std::time::Duration;

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::{FutureExt, StreamExt};
use tenants_diesel::ScopeError;
use tenants_diesel::store::{
    CachedStore, ListenError, Listener, Merge, Metadata, NewTenant, StoreError, TenantChanges,
    TenantStatus, TenantStore,
};
use tenants_tests::Database;
use tokio::time::timeout;

use super::{id, slug};
use crate::store::places;

type Store = CachedStore<places::Store<places::AsyncPg>>;

const HOUR: Duration = Duration::from_secs(3600);

/// A process: nothing expires here while a test runs.
fn process(database: &Database) -> Store {
    let store = places::postgres_at(database.url("provisioner"), 2);
    CachedStore::builder(store).ttl(HOUR).negative_ttl(HOUR).build().unwrap()
}

async fn listening(database: &Database) -> (Store, Listener) {
    let store = process(database);
    let listener = store.listen(&database.url("provisioner")).unwrap();
    listener.listening().await;
    (store, listener)
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let is_so = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(60), is_so).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Waits until a cache that kept something else tells what a store says.
async fn until_seen(kept: &Store, store: &Store) {
    until("it is seen", async || {
        kept.get(&id(1)).await.ok() == store.store().get(&id(1)).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_change_in_one_process_is_seen_in_the_other() {
    let database = Database::new().await;
    let a = process(&database);
    let (b, _listener) = listening(&database).await;
    for text in ["acme", "moved"] {
        assert!(matches!(b.get_by_slug(&slug(text)).await, Err(StoreError::NotFound)));
    }
    assert!(matches!(b.get(&id(1)).await, Err(StoreError::NotFound)));

    let acme = a.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    until_seen(&b, &a).await;
    until("it is found", async || b.get_by_slug(&slug("acme")).await.is_ok()).await;

    let changes = TenantChanges::new().slug(slug("moved"));
    let moved = a.update(&id(1), acme.version, &changes).await.unwrap();
    until_seen(&b, &a).await;
    assert!(matches!(b.get_by_slug(&slug("acme")).await, Err(StoreError::NotFound)));
    until("it moves", async || b.get_by_slug(&slug("moved")).await.ok().as_ref() == Some(&moved))
        .await;

    a.transition(&id(1), &TenantStatus::ALL, TenantStatus::Suspended).await.unwrap();
    until_seen(&b, &a).await;
    let patch: Metadata = serde_json::json!({ "a": 1 }).try_into().unwrap();
    a.merge_metadata(&id(1), &patch, Merge::Shallow).await.unwrap();
    until_seen(&b, &a).await;
    a.remove_metadata(&id(1), &["a"]).await.unwrap();
    until_seen(&b, &a).await;
    // By functions and past all stores.
    for sql in [
        "SELECT tenants.delete_tenant('1')",
        "SELECT tenants.restore_tenant('1')",
        "UPDATE tenants.tenant SET name = 'By hand'",
    ] {
        database.run("owner", sql).await;
        until_seen(&b, &a).await;
    }
    a.delete(&id(1)).await.unwrap();
    until_seen(&b, &a).await;
    assert!(matches!(b.get_by_slug(&slug("moved")).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn many_changes_of_one_statement_are_seen() {
    let database = Database::new().await;
    let a = process(&database);
    let (b, _listener) = listening(&database).await;
    let rows = "INSERT INTO tenants.tenant (id, slug) SELECT n, 'slug-' || n FROM generate_series(1, 1000) AS n";
    database.run("owner", rows).await;
    let all: Vec<_> = (1..=1000).map(id).collect();
    // So many that they are told one by one, and so many that they are not.
    for ids in [&all[..100], &all[..]] {
        until("they are kept", async || {
            let before = b.statistics().misses;
            b.get_many(&all).await.unwrap();
            b.statistics().misses == before
        })
        .await;
        for status in [TenantStatus::Suspended, TenantStatus::Active] {
            assert_eq!(a.transition_many(ids, status).await.unwrap(), ids.len());
            until("all are seen", async || {
                let found = b.get_many(ids).await.unwrap();
                found.into_iter().all(|tenant| tenant.map(|tenant| tenant.status) == Some(status))
            })
            .await;
        }
    }
    for sql in ["DELETE FROM tenants.tenant WHERE id <> '1'", "TRUNCATE tenants.tenant"] {
        b.get_many(&all).await.unwrap();
        database.run("owner", sql).await;
        let left = usize::from(sql.starts_with("DELETE"));
        until("they are gone", async || {
            b.get_many(&all).await.unwrap().into_iter().flatten().count() == left
        })
        .await;
    }
}

#[tokio::test]
async fn a_listener_that_is_cut_off_misses_nothing() {
    let database = Database::new().await;
    let a = process(&database);
    let (b, listener) = listening(&database).await;
    let acme = a.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    until_seen(&b, &a).await;
    for round in 0..3 {
        b.get(&id(1)).await.unwrap();
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%pg_notify%' AND pid <> pg_backend_pid()";
        database.run("provisioner", kill).await;
        // Whether it has noticed or not.
        if round > 0 {
            until("it notices", async || !listener.is_listening()).await;
        }
        let changes = TenantChanges::new().name(format!("{round}"));
        let version = a.store().get(&acme.id).await.unwrap().version;
        a.update(&id(1), version, &changes).await.unwrap();
        until_seen(&b, &a).await;
        listener.listening().await;
    }
}

#[tokio::test]
async fn without_the_notifier_reads_and_changes_go_on() {
    let database = Database::new().await;
    let store = process(&database);
    let listener = store.listen("postgres://nobody@127.0.0.1:1/nothing").unwrap();
    let acme = store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    assert_eq!(store.get_by_slug(&slug("acme")).await.unwrap(), acme);
    store.transition(&id(1), &TenantStatus::ALL, TenantStatus::Suspended).await.unwrap();
    assert_eq!(store.get(&id(1)).await.unwrap().status, TenantStatus::Suspended);
    assert!(!listener.is_listening());
    assert_eq!(format!("{listener:?}"), "Listener { is_listening: false }");
}

#[test]
fn where_it_cannot_listen_it_says_so() {
    let store = CachedStore::new(tenants_diesel::store::MemoryStore::new());
    let refused = |url| store.listen(url).map(drop).unwrap_err();
    assert_eq!(refused("acme"), ListenError::Url);
    assert_eq!(refused("postgres://h/d?sslmode=require"), ListenError::Tls);
    assert_eq!(refused("postgres://h/d"), ListenError::NoRuntime);
}

/// What the notifications say, up to one that ends them.
async fn told(connection: &mut AsyncPgConnection, database: &Database) -> Vec<String> {
    database.run("owner", "NOTIFY tenants_tenant, 'end'").await;
    let mut told = Vec::new();
    let mut notices = std::pin::pin!(connection.notifications_stream());
    loop {
        match notices.next().await.unwrap().unwrap().payload {
            end if end == "end" => return told,
            // Somebody begins to listen.
            echo if echo == "-" => {}
            payload => told.push(payload),
        }
    }
}

#[tokio::test]
async fn nobody_is_named_and_only_changes_are_told() {
    let database = Database::new().await;
    let mut eavesdropper = database.connect("app_login").await;
    let run = async |connection: &mut AsyncPgConnection, sql: &str| -> QueryResult<usize> {
        diesel::sql_query(sql).execute(connection).await
    };
    run(&mut eavesdropper, "LISTEN tenants_tenant").await.unwrap();
    let store = process(&database);
    let acme = store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    // Nobody has listened yet.
    assert_eq!(told(&mut eavesdropper, &database).await, [""; 0]);

    let listener = store.listen(&database.url("provisioner")).unwrap();
    listener.listening().await;
    let changes = TenantChanges::new().name("Another");
    store.update(&id(1), acme.version, &changes).await.unwrap();
    let changed = told(&mut eavesdropper, &database).await;
    let [marks] = &*changed else { panic!("{changed:?}") };
    let marks: Vec<_> = marks.split(' ').collect();
    assert_eq!(marks.len(), 2);
    assert!(marks.iter().all(|mark| mark.len() == 16 && u64::from_str_radix(mark, 16).is_ok()));

    // Reads, scopes and what changes nothing.
    let pool = database.pool().await;
    let one = async |conn: &mut _| diesel::sql_query("SELECT 1").execute(conn).await;
    pool.transaction(&id(1), one).await.unwrap();
    pool.create_if_missing().transaction(&id(1), one).await.unwrap();
    store.get(&id(1)).await.unwrap();
    store.update(&id(1), acme.version, &TenantChanges::new()).await.unwrap_err();
    store.transition(&id(1), &[], TenantStatus::Suspended).await.unwrap_err();
    store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap_err();
    assert_eq!(told(&mut eavesdropper, &database).await, [""; 0]);
    // Which would have been told.
    pool.create_if_missing().transaction(&id(2), one).await.unwrap();
    assert_eq!(told(&mut eavesdropper, &database).await.len(), 1);

    // Who hears cannot ask whether it was one that they know.
    for sql in ["SELECT tenants.notice_key()", "SELECT * FROM tenants.notice_key"] {
        for login in ["app_login", "admin_login"] {
            let mut connection = database.connect(login).await;
            let refused = run(&mut connection, sql).await.unwrap_err();
            assert!(refused.to_string().contains("permission denied"), "{login}: {refused}");
        }
    }
}

#[tokio::test]
async fn whoever_notifies_has_more_read_and_nothing_else() {
    let database = Database::new().await;
    let (store, listener) = listening(&database).await;
    let acme = store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    for payload in ["", "*", "acme", "-", "ffffffffffffffffff", "é"] {
        assert_eq!(store.get(&id(1)).await.unwrap(), acme);
        let misses = store.statistics().misses;
        database.run("app_login", &format!("NOTIFY tenants_tenant, '{payload}'")).await;
        if payload != "-" {
            until("it is read again", async || {
                assert_eq!(store.get(&id(1)).await.unwrap(), acme);
                store.statistics().misses > misses
            })
            .await;
        }
    }
    assert!(listener.is_listening());
}

/// A process that nobody tells anything.
#[tokio::test]
async fn a_suspended_tenant_is_refused_whatever_is_kept() {
    let database = Database::new().await;
    let (store, other) = (process(&database), process(&database));
    store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    let pool = database.pool().await;
    let one = async |conn: &mut _| diesel::sql_query("SELECT 1").execute(conn).await;
    let kept = store.get_by_slug(&slug("acme")).await.unwrap();
    pool.transaction(&kept.id, one).await.unwrap();
    other.transition(&id(1), &TenantStatus::ALL, TenantStatus::Suspended).await.unwrap();
    let kept = store.get_by_slug(&slug("acme")).await.unwrap();
    assert_eq!(kept.status, TenantStatus::Active, "it is kept");
    let refused = pool.transaction(&kept.id, one).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::SuspendedTenant));
}

/// The first one who listens, while somebody changes a tenant without knowing of it.
#[tokio::test]
async fn a_change_that_began_before_anybody_listened_is_seen() {
    let database = Database::new().await;
    let store = process(&database);
    store.create(&NewTenant::new(id(1), slug("acme"))).await.unwrap();
    let mut early = database.connect("owner").await;
    diesel::sql_query("BEGIN").execute(&mut early).await.unwrap();
    let change = "UPDATE tenants.tenant SET name = 'Early', version = 2 WHERE id = '1'";
    diesel::sql_query(change).execute(&mut early).await.unwrap();
    let listener = store.listen(&database.url("provisioner")).unwrap();
    let waits = "SELECT 1 / count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
        WHERE c.relname = 'tenant' AND NOT l.granted";
    let mut owner = database.connect("owner").await;
    until("it waits", async || {
        let mut owner = database.connect("owner").await;
        diesel::sql_query(waits).execute(&mut owner).await.is_ok()
    })
    .await;
    assert_eq!(store.get(&id(1)).await.unwrap().name, "acme");
    assert!(!listener.is_listening());
    diesel::sql_query("COMMIT").execute(&mut early).await.unwrap();
    listener.listening().await;
    assert_eq!(store.get(&id(1)).await.unwrap().name, "Early");
    diesel::sql_query("UPDATE tenants.tenant SET name = 'Late', version = 3 WHERE id = '1'")
        .execute(&mut owner)
        .await
        .unwrap();
    until("it is seen", async || store.get(&id(1)).await.unwrap().name == "Late").await;
}

/// A connection that hears nothing, as behind a pooler that gives it to others.
#[tokio::test]
async fn a_connection_that_hears_nothing_does_not_listen() {
    let database = Database::new().await;
    let store = process(&database);
    let url = database.url("provisioner");
    let connect = move || {
        let url = url.clone();
        let connect = async move {
            let (client, connection) =
                tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            AsyncPgConnection::try_from(client).await
        };
        connect.boxed()
    };
    let listener = store.listen_with(connect).unwrap();
    let echo = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_catalog.pg_notify%'";
    until("it asks for an echo", async || {
        let mut owner = database.connect("provisioner").await;
        diesel::sql_query(echo).execute(&mut owner).await.unwrap() > 0
    })
    .await;
    assert!(!listener.is_listening());
}
