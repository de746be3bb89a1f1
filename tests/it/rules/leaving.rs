//! What becomes of a connection when its user is done, or gives up.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel_async::pooled_connection::RecyclingMethod;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::poll;
use tenants_diesel::{ScopeError, TenantPool};
use tenants_tests::schema::{NewPost, posts, text_registry};

use super::entering::{AS_ACME, AS_GLOBEX};
use crate::raw::Raw;
use crate::two::{Two, pid, role, stock_pool, tenants_seen};
use crate::wire::{Fault, Gate};

/// Waits for a lock on the table, as long as somebody else holds it.
const LATE: &str = "UPDATE posts SET title = 'late'";

/// Waits until the statement of an application waits for its lock, or has ended.
async fn until_blocked(watcher: &Raw, application: &str, expected: bool) {
    let blocked = format!(
        "SELECT count(*) > 0 FROM pg_stat_activity \
         WHERE application_name = '{application}' AND wait_event_type = 'Lock' AND query = $${LATE}$$"
    );
    let deadline = Instant::now() + Duration::from_secs(60);
    while (watcher.row(&blocked).await == "t") != expected {
        assert!(Instant::now() < deadline, "the statement of {application}: {expected}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn rule_09_a_dropped_statement_ends_on_the_server_too() {
    let two = Two::new().await;
    let watcher = two.raw("postgres").await;
    let locker = two.raw("postgres").await;
    let named =
        |application: &str| format!("{}?application_name={application}", two.db.url("app_login"));
    let titles = "SELECT string_agg(title, ' ' ORDER BY tenant, title) FROM posts";
    assert_eq!(watcher.row(titles).await, "first second first");

    // Closing the socket, which is what taking a connection out of its pool does.
    let stock = stock_pool(&named("naive"), RecyclingMethod::Fast);
    let mut naive = stock.get().await.unwrap();
    naive.batch_execute(AS_GLOBEX).await.unwrap();
    locker.run("BEGIN; LOCK TABLE posts").await.unwrap();
    {
        let mut statement = Box::pin(naive.batch_execute(LATE));
        assert!(poll!(statement.as_mut()).is_pending());
        until_blocked(&watcher, "naive", true).await;
    }
    drop(diesel_async::pooled_connection::deadpool::Object::take(naive));
    locker.run("COMMIT").await.unwrap();
    until_blocked(&watcher, "naive", false).await;
    // Waits for whoever still writes.
    locker.run("BEGIN; LOCK TABLE posts; COMMIT").await.unwrap();
    assert_eq!(watcher.row(titles).await, "first second late", "the server works on for nobody");

    let pool = TenantPool::builder(named("ours"))
        .max_size(1)
        .registry(text_registry())
        .build()
        .await
        .unwrap();
    let mut conn = pool.get(&two.acme).await.unwrap();
    let before = pid(&mut conn).await;
    locker.run("BEGIN; LOCK TABLE posts").await.unwrap();
    {
        let mut statement = Box::pin(diesel::sql_query(LATE).execute(&mut conn));
        assert!(poll!(statement.as_mut()).is_pending());
        // It is prepared first, so somebody has to go on polling.
        tokio::select! {
            _ = statement.as_mut() => panic!("the table is locked"),
            () = until_blocked(&watcher, "ours", true) => {}
        }
    }
    let refused = tenants_seen(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::Cancelled));
    drop(conn);
    until_blocked(&watcher, "ours", false).await;
    locker.run("COMMIT").await.unwrap();
    let mut conn = pool.get(&two.globex).await.unwrap();
    assert_ne!(pid(&mut conn).await, before);
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"]);
    assert_eq!(watcher.row(titles).await, "first second late", "acme's are untouched");
}

#[tokio::test]
async fn rule_10_a_connection_in_doubt_is_not_used_again() {
    let two = Two::new().await;
    let stock = two.stock_pool();
    let mut naive = stock.get().await.unwrap();
    let before = pid(&mut naive).await;
    naive.batch_execute("SET ROLE tenants_app; SET tenants.tenant = 'acme'").await.unwrap();
    drop(naive);
    let mut naive = stock.get().await.unwrap();
    assert_eq!(pid(&mut naive).await, before);
    assert_eq!(tenants_seen(&mut naive).await.unwrap(), ["acme"], "without asking for a tenant");
    drop(diesel_async::pooled_connection::deadpool::Object::take(naive));

    let pool = two.pool_over(&stock).await;
    for doubt in ["SET LOCAL ROLE NONE", "SET LOCAL tenants.tenant = 'globex'"] {
        let mut first = 0;
        let lost = pool
            .transaction(&two.acme, async |conn| {
                first = pid(conn).await;
                diesel::sql_query(doubt).execute(conn).await
            })
            .await;
        let lost = lost.unwrap_err();
        assert_eq!(ScopeError::of(&lost), Some(ScopeError::ScopeLost), "{doubt}: {lost}");
        let mut conn = pool.get(&two.globex).await.unwrap();
        assert_ne!(pid(&mut conn).await, first, "{doubt}");
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"]);
    }
    let rows: i64 = tenants_tests::schema::posts::table
        .count()
        .get_result(&mut two.db.connect("postgres").await)
        .await
        .unwrap();
    assert_eq!(rows, 3);
}

/// What is pipelined behind a message that failed before its first `BEGIN` runs as the session was left.
#[tokio::test]
async fn rule_10_nothing_travels_to_a_connection_that_may_still_be_in_scope() {
    const BEGIN: &str = "BEGIN NOT DEFERRABLE";
    let post = || diesel::insert_into(posts::table).values(&NewPost { title: "new" });
    let two = Two::new().await;
    let gate = Gate::before(&two.db.url("app_login")).await;
    let stock = stock_pool(gate.url(), RecyclingMethod::Fast);

    let mut naive = stock.get().await.unwrap();
    naive.batch_execute(&format!("{BEGIN}; {AS_ACME}; COMMIT")).await.unwrap();
    gate.arm_all(BEGIN, Fault::Refused);
    let reset = naive.batch_execute("BEGIN NOT DEFERRABLE; RESET ROLE; COMMIT").await;
    let scope = naive.batch_execute(&format!("{BEGIN}; {AS_GLOBEX}; COMMIT")).await;
    assert!(reset.is_err() && scope.is_err());
    post().execute(&mut naive).await.unwrap();
    assert_eq!(two.all_posts().await[0], ("acme".to_owned(), 3), "globex writes as acme");
    drop(diesel_async::pooled_connection::deadpool::Object::take(naive));

    let pool = two.pool_over(&stock).await;
    for _ in 0..10 {
        gate.disarm();
        let mut conn = pool.get(&two.acme).await.unwrap();
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
        gate.arm_all(BEGIN, Fault::Refused);
        drop(conn);
        pool.transaction(&two.globex, async |conn| post().execute(conn).await).await.unwrap_err();
        post().execute(&mut pool.get(&two.globex).await.unwrap()).await.unwrap_err();
    }
    assert_eq!(two.all_posts().await, [("acme".to_owned(), 3), ("globex".to_owned(), 1)]);
}

/// Deferred triggers and held cursors run behind the last statement of the application, and may set
/// anything for the session.
#[tokio::test]
async fn rule_10_what_a_commit_runs_leaves_nothing_to_the_session() {
    const LINGER: &str =
        "set_config('role', 'tenants_app', false), set_config('tenants.tenant', 'acme', false)";
    let post = || diesel::insert_into(posts::table).values(&NewPost { title: "new" });
    let two = Two::new().await;
    two.db
        .run(
            "postgres",
            &format!(
                "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql
                     AS $$ BEGIN PERFORM {LINGER}; RETURN NULL; END $$;
                 CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON posts DEFERRABLE INITIALLY DEFERRED
                     FOR EACH ROW WHEN (new.tenant = 'acme') EXECUTE FUNCTION linger()"
            ),
        )
        .await;
    let gate = Gate::before(&two.db.url("app_login")).await;
    let stock = stock_pool(gate.url(), RecyclingMethod::Fast);
    let pool = two.pool_over(&stock).await;
    pool.transaction(&two.globex, async |conn| post().execute(conn).await).await.unwrap();
    for by_trigger in [true, false] {
        let lingered = pool.transaction(&two.acme, async |conn| {
            if by_trigger {
                return post().execute(conn).await;
            }
            let held = format!("DECLARE held CURSOR WITH HOLD FOR SELECT {LINGER}");
            diesel::sql_query(held).execute(conn).await
        });
        lingered.await.unwrap();
        gate.arm_all("BEGIN NOT DEFERRABLE", Fault::Refused);
        assert_eq!(role(&mut stock.get().await.unwrap()).await, "app_login");
        pool.transaction(&two.globex, async |conn| post().execute(conn).await).await.unwrap_err();
        gate.disarm();
        assert_eq!(two.all_posts().await, [("acme".to_owned(), 3), ("globex".to_owned(), 2)]);
        // The connection that failed is closed, and the next one knows the statement, too.
        let prepared = pool.transaction(&two.globex, async |conn| {
            post().execute(conn).await?;
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        });
        prepared.await.unwrap_err();
    }
}
