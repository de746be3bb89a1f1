//! What PostgreSQL's settings do to a scope.

use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::entering::AS_ACME;
use crate::two::{Two, pid, role, tenants_seen};

#[tokio::test]
async fn rule_06_neither_reset_all_nor_discard_all_ends_a_scope() {
    let two = Two::new().await;
    let naive = two.raw("app_login").await;
    naive.run(AS_ACME).await.unwrap();
    naive.run("RESET ALL").await.unwrap();
    assert_eq!(naive.row("SELECT current_user").await, "tenants_app", "the role is no setting");

    let stock = two.stock_pool();
    let mut diesel = stock.get().await.unwrap();
    diesel.batch_execute(AS_ACME).await.unwrap();
    assert_eq!(tenants_seen(&mut diesel).await.unwrap(), ["acme"]);
    diesel.batch_execute("DISCARD ALL").await.unwrap();
    diesel.batch_execute(AS_ACME).await.unwrap();
    tenants_seen(&mut diesel).await.expect_err("Diesel's prepared statement is gone");
    drop(diesel_async::pooled_connection::deadpool::Object::take(diesel));

    let pool = two.pool_over(&stock).await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
    let first = pid(&mut conn).await;
    diesel::sql_query("SET TIME ZONE 'Asia/Tokyo'").execute(&mut conn).await.unwrap();
    drop(conn);
    let mut conn = pool.get(&two.globex).await.unwrap();
    assert_eq!(pid(&mut conn).await, first);
    assert_eq!(role(&mut conn).await, "tenants_app");
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"], "prepared before");
    let zone = diesel::dsl::sql::<Text>("current_setting('TimeZone')");
    let zone = diesel::select(zone).get_result::<String>(&mut conn).await;
    assert_eq!(zone.as_deref(), Ok("UTC"), "as Diesel set it");
}

#[tokio::test]
async fn rule_07_an_unset_tenant_matches_no_row() {
    let two = Two::new().await;
    two.db
        .run(
            "owner",
            "CREATE TABLE naive (tenant text NOT NULL);
             INSERT INTO naive VALUES ('');
             ALTER TABLE naive ENABLE ROW LEVEL SECURITY;
             CREATE POLICY naive ON naive USING (tenant = current_setting('tenants.tenant', true));
             GRANT SELECT ON naive TO tenants_app",
        )
        .await;
    let naive = two.raw("app_login").await;
    naive.run("SET ROLE tenants_app").await.unwrap();
    let unset = "SELECT current_setting('tenants.tenant', true) IS NULL";
    assert_eq!(naive.row(unset).await, "t");
    assert_eq!(naive.row("SELECT count(*) FROM naive").await, "0");
    naive.run("BEGIN; SET LOCAL tenants.tenant = 'acme'; COMMIT").await.unwrap();
    assert_eq!(naive.row(unset).await, "f", "it reads as empty text from now on");
    assert_eq!(naive.row("SELECT count(*) FROM naive").await, "1", "which is a tenant here");

    // Our policies ask this function.
    assert_eq!(naive.row("SELECT tenants.current_tenant() IS NULL").await, "t");
    assert_eq!(naive.row("SELECT count(*) FROM posts").await, "0");
}
