//! Signatures expire. What began in time ends in peace.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_diesel::{Isolation, ScopeError};
use tenants_tests::show_for_the_session;

use super::{Signed, titles};

/// Longer than a busy machine takes from signing to the statement.
const SHORT: Duration = Duration::from_secs(5);
/// Until a signature of that lifetime has expired, whatever the fraction of the second.
const LONG: Duration = Duration::from_millis(6500);

#[tokio::test]
async fn a_transaction_outlives_its_signature() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.builder().signature_lifetime(SHORT).build().await.unwrap();
    let seen = pool.transaction(&signed.a, async |conn| {
        titles(conn).await?;
        tokio::time::sleep(LONG).await;
        let expired = "(now() <= to_timestamp(split_part(current_setting('tenants.scope'), ':', 4)::bigint)
            AND clock_timestamp() > to_timestamp(split_part(current_setting('tenants.scope'), ':', 4)::bigint))";
        let expired = diesel::dsl::sql::<diesel::sql_types::Bool>(expired);
        assert!(diesel::select(expired).get_result::<bool>(conn).await?, "it has not expired yet");
        titles(conn).await
    });
    assert_eq!(seen.await.unwrap(), ["a 1", "a 2"]);
}

#[tokio::test]
async fn a_checkout_outlives_its_signature() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.builder().signature_lifetime(SHORT).build().await.unwrap();
    let mut conn = pool.get(&signed.a).await.unwrap();
    assert_eq!(titles(&mut conn).await.unwrap().len(), 2);
    diesel::sql_query("SET work_mem = '1MB'").execute(&mut conn).await.unwrap();
    tokio::time::sleep(LONG).await;
    let nested = conn.transaction(async |conn| {
        titles(conn).await?;
        tokio::time::sleep(LONG).await;
        titles(conn).await
    });
    assert_eq!(nested.await.unwrap(), ["a 1", "a 2"]);
    assert_eq!(titles(&mut conn).await.unwrap(), ["a 1", "a 2"]);
    // It was renewed, not entered anew.
    let kept = diesel::dsl::sql::<diesel::sql_types::Text>("current_setting('work_mem')");
    assert_eq!(diesel::select(kept).get_result::<String>(&mut conn).await.unwrap(), "1MB");
}

#[tokio::test]
async fn a_sync_checkout_outlives_its_signature() {
    let signed = Signed::new(Isolation::RolePerTenant).await;
    let run = move || {
        let pool = signed.sync_builder().signature_lifetime(SHORT).build().unwrap();
        use tenants_tests::schema::posts;
        let count = || posts::table.count();
        let mut conn = pool.get(&signed.a).unwrap();
        for _ in 0..2 {
            assert_eq!(diesel::RunQueryDsl::get_result::<i64>(count(), &mut conn), Ok(2));
            std::thread::sleep(LONG);
        }
        let seen = diesel::Connection::transaction(&mut conn, |conn| {
            diesel::RunQueryDsl::get_result::<i64>(count(), conn)
        });
        assert_eq!(seen, Ok(2));
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

/// A raw connection is renewed by nobody: it fails closed.
#[tokio::test]
async fn an_expired_signature_shows_nothing() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.builder().signature_lifetime(SHORT).build().await.unwrap();
    let mut conn = pool.get(&signed.a).await.unwrap();
    let raw = conn.unchecked_as_pg().await.unwrap();
    assert_eq!(titles(raw).await.unwrap().len(), 2);
    tokio::time::sleep(LONG).await;
    let expired = titles(raw).await.unwrap_err();
    assert!(expired.to_string().contains("has expired"), "{expired}");
    raw.batch_execute("UPDATE posts SET title = 'x'").await.unwrap_err();
}

/// A pool whose idea of the server's time is wrong, as after a machine slept, closes the connection.
#[tokio::test]
async fn a_wrong_clock_costs_one_connection() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.builder().max_size(1).build().await.unwrap();
    let mut conn = pool.get(&signed.a).await.unwrap();
    titles(&mut conn).await.unwrap();
    // An old signature in place of its own is what such a pool would send.
    let old = signed.key.sign(&signed.a, tenants_core::signature::Binding::Any, 1);
    let old = show_for_the_session(&old);
    diesel::sql_query(old).execute(&mut conn).await.unwrap();
    let expired = titles(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&expired), Some(ScopeError::SignatureExpired));
    drop(conn);
    assert_eq!(pool.status().size, 0);
    assert_eq!(titles(&mut pool.get(&signed.a).await.unwrap()).await.unwrap().len(), 2);
}
