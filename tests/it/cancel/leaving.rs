//! Connections that are given back while nobody can confirm that they left their scope.

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use tenants_diesel::TenantPool;
use tenants_tests::schema::text_registry;
use tokio::runtime::{Builder, Runtime};

use super::{drop_when_active, until_active};
use crate::two::{Two, pid, tenants_seen};
use crate::wire::{Fault, Gate};

/// A pool of one connection behind a gate.
async fn behind_gate(two: &Two) -> (TenantPool, Gate) {
    let gate = Gate::before(&two.db.url("app_login")).await;
    let pool = TenantPool::builder(gate.url()).registry(text_registry()).max_size(1);
    (pool.build().await.unwrap(), gate)
}

#[tokio::test]
async fn a_connection_whose_end_is_never_confirmed_makes_room_for_another() {
    let two = Two::new().await;
    let (pool, gate) = behind_gate(&two).await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    let before = pid(&mut conn).await;
    gate.arm(1, Fault::NeverAnswered);
    drop(conn);
    let mut conn = pool.get(&two.globex).await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"]);
    assert_ne!(pid(&mut conn).await, before);
    assert!(gate.disarm() > 1, "the fault has happened");
    drop(conn);
    two.assert_isolated(&pool).await;
    assert_eq!(pool.status().size, 1);
}

#[tokio::test]
async fn a_connection_that_cannot_be_cleaned_is_closed() {
    let two = Two::new().await;
    let (pool, gate) = behind_gate(&two).await;
    for _ in 0..5 {
        let mut conn = pool.get(&two.acme).await.unwrap();
        let before = pid(&mut conn).await;
        gate.arm(1, Fault::Refused);
        drop(conn);
        let mut conn = pool.get(&two.globex).await.unwrap();
        assert_ne!(pid(&mut conn).await, before);
        drop(conn);
        two.assert_isolated(&pool).await;
    }
}

/// The server does not look at the socket while it is at work.
#[tokio::test]
async fn a_statement_whose_connection_was_cut_ends_on_the_server() {
    const SLEEP: &str = "SELECT pg_sleep(60)";
    let two = Two::new().await;
    let (pool, gate) = behind_gate(&two).await;
    let watcher = two.raw("postgres").await;
    for _ in 0..5 {
        let mut conn = pool.get(&two.acme).await.unwrap();
        let mut sleep = Box::pin(sql_query(SLEEP).execute(&mut conn));
        tokio::select! {
            _ = sleep.as_mut() => panic!("it sleeps"),
            () = until_active(&watcher, SLEEP, true) => {}
        }
        gate.cut();
        sleep.await.unwrap_err();
        drop(conn);
        until_active(&watcher, SLEEP, false).await;

        let sleep = pool.transaction(&two.acme, async |conn| sql_query(SLEEP).execute(conn).await);
        drop_when_active(&watcher, SLEEP, sleep).await;
        gate.cut();
        until_active(&watcher, SLEEP, false).await;
        two.assert_isolated(&pool).await;
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Where no runtime can hear the server's answer, nothing is given back.
#[test]
fn outside_of_a_runtime_and_when_one_ends_a_connection_in_scope_is_closed() {
    let lasting = runtime();
    let (two, pool) = lasting.block_on(async {
        let two = Two::new().await;
        let pool = two.pool_of_one().await;
        (two, pool)
    });
    let in_scope = || async {
        let mut conn = pool.get(&two.acme).await.unwrap();
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
        conn
    };
    drop(lasting.block_on(in_scope()));
    assert_eq!(pool.status().size, 0, "outside");

    let passing = runtime();
    passing.block_on(async { drop(in_scope().await) });
    assert_eq!(pool.status().size, 1, "nobody has driven its end yet");
    drop(passing);
    assert_eq!(pool.status().size, 0, "at the end of the runtime");
    lasting.block_on(two.assert_isolated(&pool));
}
