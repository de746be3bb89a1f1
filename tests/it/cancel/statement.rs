//! Futures that are dropped while the server is at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::{QueryResult, sql_query};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use tenants_diesel::{TenantConnection, TenantPool};
use tenants_tests::schema::{NewPost, posts, text_registry};
use tokio_postgres::NoTls;

use super::{active, drop_when_active, until_active};
use crate::raw::Raw;
use crate::two::{Two, pid, tenants_seen};

const SLEEP: &str = "SELECT pg_sleep(60)";

async fn sleep(conn: &mut TenantConnection) -> QueryResult<usize> {
    sql_query(SLEEP).execute(conn).await
}

/// A pool with a single connection, and what a dropped future may leave on it: nothing.
struct Stage {
    two: Two,
    pool: TenantPool,
    watcher: Raw,
    before: i32,
}

impl Stage {
    async fn new() -> Self {
        let two = Two::new().await;
        let pool = two.pool_of_one().await;
        Self::over(two, pool).await
    }

    async fn over(two: Two, pool: TenantPool) -> Self {
        let before = pid(&mut pool.get(&two.acme).await.unwrap()).await;
        let watcher = two.raw("postgres").await;
        Self { two, pool, watcher, before }
    }

    /// The server stops, the connection is another one, and the next tenant sees its own rows.
    async fn assert_clean_after(&self, text: &str) {
        until_active(&self.watcher, text, false).await;
        let mut conn = self.pool.get(&self.two.globex).await.unwrap();
        assert_ne!(pid(&mut conn).await, self.before);
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"]);
        drop(conn);
        self.two.assert_isolated(&self.pool).await;
        assert_eq!(self.pool.status().size, 1);
        assert_eq!(self.two.all_posts().await[0], ("acme".to_owned(), 2));
    }
}

#[tokio::test]
async fn the_first_statement_of_a_checkout() {
    let stage = Stage::new().await;
    let mut conn = stage.pool.get(&stage.two.acme).await.unwrap();
    drop_when_active(&stage.watcher, SLEEP, sleep(&mut conn)).await;
    assert_eq!(active(&stage.watcher, SLEEP).await.len(), 1, "until the connection is dropped");
    drop(conn);
    stage.assert_clean_after(SLEEP).await;
}

#[tokio::test]
async fn a_later_statement_of_a_checkout() {
    let stage = Stage::new().await;
    let mut conn = stage.pool.get(&stage.two.acme).await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
    drop_when_active(&stage.watcher, SLEEP, sleep(&mut conn)).await;
    drop(conn);
    stage.assert_clean_after(SLEEP).await;
}

#[tokio::test]
async fn the_first_statement_of_a_transaction() {
    let stage = Stage::new().await;
    let transaction = stage.pool.transaction(&stage.two.acme, async |conn| sleep(conn).await);
    drop_when_active(&stage.watcher, SLEEP, transaction).await;
    stage.assert_clean_after(SLEEP).await;
}

#[tokio::test]
async fn the_second_statement_of_a_transaction() {
    let stage = Stage::new().await;
    let transaction = stage.pool.transaction(&stage.two.acme, async |conn| {
        let post = NewPost { title: "lost" };
        diesel::insert_into(posts::table).values(&post).execute(conn).await?;
        sleep(conn).await
    });
    drop_when_active(&stage.watcher, SLEEP, transaction).await;
    stage.assert_clean_after(SLEEP).await;
}

/// A deferred trigger keeps the server busy with the end of the transaction.
#[tokio::test]
async fn the_commit_of_a_transaction() {
    let stage = Stage::new().await;
    stage
        .two
        .db
        .run(
            "postgres",
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql
                 AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
             CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON posts DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION wait()",
        )
        .await;
    let commit = "unlock_all(); SET statement_timeout";
    let transaction = stage.pool.transaction(&stage.two.acme, async |conn| {
        let post = NewPost { title: "lost" };
        diesel::insert_into(posts::table).values(&post).execute(conn).await
    });
    drop_when_active(&stage.watcher, commit, transaction).await;
    stage.assert_clean_after(commit).await;
}

#[tokio::test]
async fn the_statement_of_a_read() {
    let stage = Stage::new().await;
    let read = stage.pool.read(&stage.two.acme, async |conn| sleep(conn).await);
    drop_when_active(&stage.watcher, SLEEP, read).await;
    stage.assert_clean_after(SLEEP).await;
}

#[tokio::test]
async fn the_scope_itself() {
    let stage = Stage::new().await;
    let superuser = stage.two.raw("postgres").await;
    superuser.run("BEGIN; LOCK TABLE tenants.tenant").await.unwrap();
    let admit = "admit";
    let mut conn = stage.pool.get(&stage.two.acme).await.unwrap();
    drop_when_active(&stage.watcher, admit, tenants_seen(&mut conn)).await;
    drop(conn);
    until_active(&stage.watcher, admit, false).await;
    let transaction = stage.pool.transaction(&stage.two.acme, async |c| tenants_seen(c).await);
    drop_when_active(&stage.watcher, admit, transaction).await;
    until_active(&stage.watcher, admit, false).await;
    superuser.run("COMMIT").await.unwrap();
    stage.assert_clean_after(admit).await;
}

#[tokio::test]
async fn the_statement_of_an_admin() {
    let stage = Stage::new().await;
    let mut conn = stage.pool.admin("test").await.unwrap();
    let before = pid(&mut conn).await;
    drop_when_active(&stage.watcher, SLEEP, sql_query(SLEEP).execute(&mut conn)).await;
    drop(conn);
    until_active(&stage.watcher, SLEEP, false).await;
    let mut conn = stage.pool.admin("test").await.unwrap();
    assert_ne!(pid(&mut conn).await, before);
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme", "globex"]);
}

#[tokio::test]
async fn the_creation_of_a_tenant() {
    for provisions in [true, false] {
        let two = Two::new().await;
        two.db.unprovisioned().await;
        let pool = TenantPool::builder(two.db.url("app_login")).registry(text_registry());
        let provisioner = two.db.url("provisioner");
        let pool = if provisions { pool.provisioning_url(provisioner) } else { pool };
        let stage = Stage::over(two, pool.max_size(1).build().await.unwrap()).await;
        let superuser = stage.two.raw("postgres").await;
        superuser.run("BEGIN; LOCK TABLE tenants.tenant").await.unwrap();
        let create = "create_tenant";
        drop_when_active(&stage.watcher, create, stage.pool.create_tenant("initech")).await;
        until_active(&stage.watcher, create, false).await;
        superuser.run("COMMIT").await.unwrap();
        if provisions {
            stage.two.assert_isolated(&stage.pool).await;
        } else {
            stage.assert_clean_after(create).await;
        }
        assert!(!stage.pool.tenant_exists("initech").await.unwrap());
        stage.pool.create_tenant("initech").await.unwrap();
    }
}

/// A request that reaches the server before the statement that it is to stop does nothing, as if it
/// had been lost.
#[tokio::test]
async fn a_request_that_came_too_early_is_repeated() {
    let two = Two::new().await;
    let requests = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&requests);
    let pool = two.db.builder().max_size(1).cancel_with(move |token| {
        let is_lost = counted.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if !is_lost {
                token.cancel_query(NoTls).await.unwrap();
            }
        }
        .boxed()
    });
    let pool = pool.build().await.unwrap();
    let watcher = two.raw("postgres").await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    drop_when_active(&watcher, SLEEP, sleep(&mut conn)).await;
    drop(conn);
    until_active(&watcher, SLEEP, false).await;
    assert!(AtomicU32::load(&requests, Ordering::Relaxed) > 1);
    assert_eq!(tenants_seen(&mut pool.get(&two.globex).await.unwrap()).await.unwrap(), ["globex"]);
}

/// No connection is lost for good.
#[tokio::test]
async fn fifty_statements_in_a_row() {
    let stage = Stage::new().await;
    for turn in 0..50 {
        let mut conn = stage.pool.get(&stage.two.acme).await.unwrap();
        drop_when_active(&stage.watcher, SLEEP, sleep(&mut conn)).await;
        drop(conn);
        until_active(&stage.watcher, SLEEP, false).await;
        let mut conn = stage.pool.get(&stage.two.globex).await.unwrap();
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"], "turn {turn}");
    }
    assert_eq!(stage.pool.status().size, 1);
}
