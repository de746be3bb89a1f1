//! What can go wrong while a scope is entered.

use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use tenants_diesel::ScopeError;

use crate::two::{Two, tenant, tenants_seen};

/// What the naive code of these tests sends to scope a session.
pub(super) const AS_ACME: &str = "SET ROLE tenants_app; SET tenants.tenant = 'acme'";
pub(super) const AS_GLOBEX: &str = "SET ROLE tenants_app; SET tenants.tenant = 'globex'";

#[tokio::test]
async fn rule_01_the_first_error_is_told_and_not_its_consequence() {
    let two = Two::new().await;
    let naive = two.raw("app_login").await;
    let begin = naive.run("BEGIN; SET LOCAL ROLE missing").await;
    assert_eq!(begin, Err("22023".into()));
    // A client that pipelines reads this one, and learns nothing from it.
    assert_eq!(naive.tenants_seen().await, Err("25P02".into()));

    let pool = two.pool_of_one().await;
    let refused = pool.transaction(&tenant("nobody"), async |conn| tenants_seen(conn).await).await;
    assert_eq!(ScopeError::of(&refused.unwrap_err()), Some(ScopeError::UnknownTenant));
}

#[tokio::test]
async fn rule_02_a_scope_that_fails_does_not_bring_the_previous_one_back() {
    let two = Two::new().await;
    let naive = two.raw("app_login").await;
    naive.run(AS_ACME).await.unwrap();
    let rescoped = naive.run("RESET ROLE; SET ROLE missing").await;
    assert_eq!(rescoped, Err("22023".into()));
    assert_eq!(naive.tenants_seen().await, Ok(vec!["acme".into()]), "the reset was undone as well");

    // The same connection state, met by a pool of ours.
    let stock = two.stock_pool();
    let pool = two.pool_over(&stock).await;
    stock.get().await.unwrap().batch_execute(AS_ACME).await.unwrap();
    let mut conn = pool.get(&tenant("nobody")).await.unwrap();
    let refused = tenants_seen(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
    let again = tenants_seen(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&again), Some(ScopeError::NotEntered));
    drop(conn);
    two.assert_isolated(&pool).await;
}

#[tokio::test]
async fn rule_08_a_scope_takes_no_round_trip_to_prepare_it() {
    let two = Two::new().await;
    let (mut naive, wire) = two.over_wire().await;
    tenants_seen(&mut naive).await.unwrap();
    wire.clear_after("SELECT DISTINCT").await;
    diesel::sql_query("SET tenants.tenant = 'acme'").execute(&mut naive).await.unwrap();
    assert_eq!(wire.trips(), 2, "prepared, and run");
    diesel::sql_query("SET tenants.tenant = 'acme'").execute(&mut naive).await.unwrap();
    assert_eq!(wire.trips(), 4, "and prepared anew each time");
    naive.batch_execute("SET tenants.tenant = 'acme'").await.unwrap();
    assert_eq!(wire.trips(), 5);

    let (pool, wire) = crate::wire::warm(&two).await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
    assert_eq!(wire.trips(), 1, "scope and statement together");
}
