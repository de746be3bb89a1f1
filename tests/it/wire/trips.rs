//! How often each call waits for the server: the table in the README.
//!
//! A count is taken when a call returns. What a pool sends afterwards, to take the connection out
//! of its scope, nobody waits for.

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::RecyclingMethod;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tenants_diesel::{Isolation, TenantPool};
use tenants_tests::schema::{NewPost, posts, text_registry};
use tenants_tests::{Database, unique_id};

use super::order::{finish, park, warm};
use super::{Sent, Wire};
use crate::two::{Two, stock_pool, tenants_seen};

#[tokio::test]
async fn get_waits_once_for_one_statement_and_the_stock_pool_twice() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    tenants_seen(&mut conn).await.unwrap();
    assert_eq!(wire.trips(), 1);
    tenants_seen(&mut conn).await.unwrap();
    assert_eq!(wire.trips(), 2);

    let (stock, wire) = warm_stock(&two).await;
    let mut conn = stock.get().await.unwrap();
    tenants_seen(&mut conn).await.unwrap();
    assert_eq!(wire.trips(), 2, "its recycling sends a query of its own: {:?}", wire.sent());
}

#[tokio::test]
async fn transaction_waits_twice_for_one_statement_and_the_stock_one_three_times() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    pool.transaction(&two.acme, async |conn| tenants_seen(conn).await).await.unwrap();
    assert_eq!(wire.trips(), 2);

    let mut stock = two.over_wire().await;
    tenants_seen(&mut stock.0).await.unwrap();
    stock.1.clear_after("SELECT DISTINCT").await;
    stock.0.transaction::<_, DieselError, _>(async |conn| tenants_seen(conn).await).await.unwrap();
    assert_eq!(stock.1.trips(), 3);
}

#[tokio::test]
async fn transaction_waits_once_for_each_further_statement() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    pool.transaction(&two.acme, async |conn| {
        tenants_seen(conn).await?;
        tenants_seen(conn).await?;
        tenants_seen(conn).await
    })
    .await
    .unwrap();
    assert_eq!(wire.trips(), 4);
}

#[tokio::test]
async fn read_waits_once_for_one_statement() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    pool.read(&two.acme, async |conn| tenants_seen(conn).await).await.unwrap();
    assert_eq!(wire.trips(), 1);

    // Each of them anew, with what the one before left to be sent.
    for _ in 0..3 {
        wire.clear_after(&finish()).await;
        pool.read(&two.globex, async |conn| tenants_seen(conn).await).await.unwrap();
        assert_eq!(wire.trips(), 1);
    }
}

/// The end of a `read` travels with what comes next. A connection that was in scope by itself comes
/// back when the server has confirmed that it left, and so keeps the next call waiting if it is the only one.
#[tokio::test]
async fn calls_in_a_row_wait_as_often_as_each_alone_and_for_the_only_connection() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    for turn in 1..=5 {
        pool.read(&two.globex, async |conn| tenants_seen(conn).await).await.unwrap();
        pool.read(&two.globex, async |conn| tenants_seen(conn).await).await.unwrap();
        let mut conn = pool.get(&two.acme).await.unwrap();
        tenants_seen(&mut conn).await.unwrap();
        assert_eq!(wire.trips(), turn * 4 - 1);
    }
}

/// diesel-async prepares a statement before it runs it for the first time on a connection: one trip
/// more, for any call. The scope travels with the first of the two.
#[tokio::test]
async fn a_cold_statement_waits_once_more() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;

    let mut conn = pool.get(&two.acme).await.unwrap();
    let count: i64 = posts::table.count().get_result(&mut conn).await.unwrap();
    assert_eq!((count, wire.trips()), (2, 2));
    drop(conn);
    wire.clear_after(&park()).await;

    pool.read(&two.acme, async |conn| posts::table.select(posts::title).load::<String>(conn).await)
        .await
        .unwrap();
    assert_eq!(wire.trips(), 2);
    wire.clear_after(&finish()).await;

    pool.transaction(&two.acme, async |conn| {
        diesel::insert_into(posts::table).values(&NewPost { title: "third" }).execute(conn).await
    })
    .await
    .unwrap();
    assert_eq!(wire.trips(), 3);
}

#[tokio::test]
async fn what_runs_no_statement_sends_nothing() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;

    pool.transaction(&two.acme, async |_| Ok::<_, DieselError>(())).await.unwrap();
    pool.transaction(&two.acme, async |_| Err::<(), _>(DieselError::RollbackTransaction))
        .await
        .unwrap_err();
    pool.read(&two.acme, async |_| Ok::<_, DieselError>(())).await.unwrap();
    drop(pool.get(&two.acme).await.unwrap());
    // A future that is never polled was never begun.
    drop(tenants_seen(&mut pool.get(&two.acme).await.unwrap()));

    // Had they queued anything, it would be ahead of this.
    let mut conn = pool.get(&two.globex).await.unwrap();
    tenants_seen(&mut conn).await.unwrap();
    let bare = wire.sent();
    drop(conn);
    wire.clear_after(&park()).await;
    let mut conn = pool.get(&two.globex).await.unwrap();
    tenants_seen(&mut conn).await.unwrap();
    assert_eq!(bare, wire.sent());
    assert_eq!(bare.iter().filter(|sent| matches!(sent, Sent::Query(_))).count(), 1);
}

/// `sql_query` is not prepared beforehand: begin and prepare, run, commit.
#[tokio::test]
async fn a_lifecycle_call_waits_three_times() {
    let two = Two::new().await;
    two.db.unprovisioned().await;
    let (pool, wire) = warm(&two).await;
    // Nobody's code ran in it, so a plain `COMMIT` is its end.
    let parked = "COMMIT";

    pool.create_tenant("initech").await.unwrap();
    assert_eq!(wire.trips(), 3);
    wire.clear_after(parked).await;
    assert!(pool.tenant_exists("initech").await.unwrap());
    assert_eq!(wire.trips(), 3);
    wire.clear_after(parked).await;
    assert_eq!(pool.list_tenants().await.unwrap().len(), 3);
    assert_eq!(wire.trips(), 3);
    wire.clear_after(parked).await;
    pool.delete_tenant("initech").await.unwrap();
    assert_eq!(wire.trips(), 3);
    wire.clear_after(parked).await;
    pool.restore_tenant("initech").await.unwrap();
    assert_eq!(wire.trips(), 3);
}

#[tokio::test]
async fn create_if_missing_waits_no_longer() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    let pool: TenantPool = pool.create_if_missing();
    let new = crate::two::tenant("initech");

    let mut conn = pool.get(&new).await.unwrap();
    assert!(tenants_seen(&mut conn).await.unwrap().is_empty());
    assert_eq!(wire.trips(), 1);
    drop(conn);
    wire.clear_after(&park()).await;
    let other = crate::two::tenant("hooli");
    pool.transaction(&other, async |conn| tenants_seen(conn).await).await.unwrap();
    assert_eq!(wire.trips(), 2);
    assert!(pool.tenant_exists("initech").await.unwrap());
    assert!(pool.tenant_exists("hooli").await.unwrap());
}

#[tokio::test]
async fn admin_waits_once_for_one_statement() {
    let two = Two::new().await;
    let wire = Wire::before(&two.db.url("admin_login")).await;
    let pool = TenantPool::builder(two.db.url("app_login"))
        .admin_url(wire.url())
        .max_size(1)
        .registry(text_registry())
        .build()
        .await
        .unwrap();
    let mut conn = pool.admin("warm up").await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme", "globex"]);
    drop(conn);
    wire.clear_after(&park()).await;

    let mut conn = pool.admin("count").await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme", "globex"]);
    assert_eq!(wire.trips(), 1);
}

#[tokio::test]
async fn with_a_role_for_each_tenant_each_call_waits_as_often() {
    let db = Database::isolated_by(Isolation::RolePerTenant).await;
    let wire = Wire::before(&db.url("app_login")).await;
    let pool = TenantPool::builder(wire.url())
        .isolation(Isolation::RolePerTenant)
        .provisioning_url(db.url("provisioner"))
        .max_size(1)
        .registry(text_registry())
        .build()
        .await
        .unwrap();
    let tenant = pool.create_tenant(unique_id()).await.unwrap();
    let own = vec![tenant.to_string()];
    let mut conn = pool.get(&tenant).await.unwrap();
    diesel::insert_into(posts::table)
        .values(&NewPost { title: "first" })
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), own);
    drop(conn);
    wire.clear_after(&park()).await;

    let mut conn = pool.get(&tenant).await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), own);
    assert_eq!(wire.trips(), 1);
    drop(conn);
    wire.clear_after(&park()).await;
    let seen = pool.transaction(&tenant, async |conn| tenants_seen(conn).await).await;
    assert_eq!((seen.as_ref(), wire.trips()), (Ok(&own), 2));
    wire.clear_after("SET CONSTRAINTS").await;
    let seen = pool.read(&tenant, async |conn| tenants_seen(conn).await).await;
    assert_eq!((seen.as_ref(), wire.trips()), (Ok(&own), 1));
    wire.clear_after(&finish()).await;

    // Only the provisioner could create it, so the login asks first whether it is there.
    let mut conn = pool.create_if_missing().get(&tenant).await.unwrap();
    assert_eq!(wire.trips(), 3);
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), own);
    assert_eq!(wire.trips(), 4);
}

async fn warm_stock(
    two: &Two,
) -> (diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection>, Wire) {
    let wire = Wire::before(&two.db.url("admin_login")).await;
    let pool = stock_pool(&stock_url(&wire), RecyclingMethod::Verified);
    for _ in 0..2 {
        let mut conn = pool.get().await.unwrap();
        tenants_seen(&mut conn).await.unwrap();
    }
    wire.clear_after("SELECT DISTINCT").await;
    (pool, wire)
}

impl Two {
    /// A connection of diesel-async itself, behind a proxy.
    pub(crate) async fn over_wire(&self) -> (AsyncPgConnection, Wire) {
        let wire = Wire::before(&self.db.url("admin_login")).await;
        (AsyncPgConnection::establish(&stock_url(&wire)).await.unwrap(), wire)
    }
}

/// A login that may read by itself, as applications without this library have.
fn stock_url(wire: &Wire) -> String {
    format!("{}?options=-c%20role%3Dtenants_admin", wire.url())
}
