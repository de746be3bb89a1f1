//! How an async pool connects: by a function of the application, if it likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::FutureExt;
use tenants_diesel::{BuildError, TenantPoolBuilder};
use tenants_tests::SUPERUSER;
use tenants_tests::schema::{posts, text_registry};

use super::world::{World, count};
use super::{RunQueryDsl, TenantPool, builder};
use crate::cancel::{drop_when_active, until_active};
use crate::raw::Raw;

async fn a_function_of_the_application_connects(world: &World) {
    let connected = Arc::new(AtomicUsize::new(0));
    let pool = counting(builder(&world.database), &connected).max_size(1).build().await.unwrap();
    assert_eq!(count(&pool, &world.a).await, Ok(2));
    // The runtime login, the admin and the provisioner.
    assert_eq!(AtomicUsize::load(&connected, Ordering::Relaxed), 3);
}

async fn it_connects_a_powerful_login_as_the_runtime_role(world: &World) {
    let connected = Arc::new(AtomicUsize::new(0));
    let url = world.database.url(SUPERUSER);
    let powerful = |url: String| {
        let powerful = TenantPool::builder(url).registry(text_registry()).allow_powerful_login();
        counting(powerful.isolation(world.database.isolation()), &connected)
    };
    let pool = powerful(url.clone()).build().await.unwrap();
    let mut conn = pool.get(&world.b).await.unwrap();
    assert_eq!(posts::table.count().get_result::<i64>(&mut conn).await, Ok(3));
    let refused = powerful(format!("{url}?options=-c%20work_mem%3D1MB")).build().await;
    assert!(matches!(refused, Err(BuildError::OptionsTaken)), "{refused:?}");
}

async fn it_may_take_no_longer_than_it_is_given(world: &World) {
    let refused = builder(&world.database).create_timeout(Duration::ZERO).build().await;
    let zero = matches!(refused, Err(BuildError::ZeroTimeout { setting: "create_timeout" }));
    assert!(zero, "{refused:?}");
    let stuck = builder(&world.database).custom_setup(|_| std::future::pending().boxed());
    let refused = stuck.create_timeout(Duration::from_millis(1)).build().await;
    assert!(matches!(refused, Err(BuildError::Connect(_))), "{refused:?}");
}

/// As TLS needs it.
async fn a_function_of_the_application_cancels(world: &World) {
    let cancelled = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&cancelled);
    let pool = builder(&world.database).max_size(1).cancel_with(move |token| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move { token.cancel_query(tokio_postgres::NoTls).await.unwrap() }.boxed()
    });
    let pool = pool.build().await.unwrap();
    let watcher = Raw::connect(&world.database.url(SUPERUSER)).await;
    let mut conn = pool.get(&world.a).await.unwrap();
    let sleep = "SELECT pg_sleep(600)";
    drop_when_active(&watcher, sleep, diesel::sql_query(sleep).execute(&mut conn)).await;
    drop(conn);
    until_active(&watcher, sleep, false).await;
    assert_eq!(AtomicUsize::load(&cancelled, Ordering::Relaxed), 1);
    assert_eq!(count(&pool, &world.b).await, Ok(3));
}

/// Counts the connections that a pool makes.
fn counting(builder: TenantPoolBuilder, connected: &Arc<AtomicUsize>) -> TenantPoolBuilder {
    let connected = Arc::clone(connected);
    builder.custom_setup(move |url| {
        connected.fetch_add(1, Ordering::Relaxed);
        let url = url.to_owned();
        async move { AsyncPgConnection::establish(&url).await }.boxed()
    })
}

in_both_modes![
    a_function_of_the_application_connects,
    it_connects_a_powerful_login_as_the_runtime_role,
    it_may_take_no_longer_than_it_is_given,
    a_function_of_the_application_cancels,
];
