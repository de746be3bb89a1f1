//! A panic in the middle of a transaction leaves no trace on the connection: what a dropped future is
//! to an async pool, it is to both.

use std::panic::AssertUnwindSafe;

use diesel::prelude::*;
use futures_util::FutureExt;
use tenants_tests::schema::posts;

use super::world::World;
use super::{Connection, RunQueryDsl, builder};
use crate::acceptance::check::Check;

/// Between two statements of a transaction.
async fn n06_a_transaction_that_panics_leaves_a_clean_pool(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let transaction = pool.transaction(&world.a, async |conn| -> QueryResult<()> {
        diesel::delete(posts::table).execute(conn).await?;
        panic!("on purpose")
    });
    ensure_eq!(AssertUnwindSafe(transaction).catch_unwind().await.is_err(), true);
    world.ensure_clean(&pool).await
}

/// The same, in a transaction of a checkout.
async fn n06_a_nested_transaction_that_panics_ends_its_checkout(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let mut conn = pool.get(&world.a).await?;
    let transaction = conn.transaction(async |conn| -> QueryResult<()> {
        diesel::delete(posts::table).execute(conn).await?;
        panic!("on purpose")
    });
    ensure_eq!(AssertUnwindSafe(transaction).catch_unwind().await.is_err(), true);
    drop(conn);
    world.ensure_clean(&pool).await
}

isolation_cases![
    n06_a_transaction_that_panics_leaves_a_clean_pool,
    n06_a_nested_transaction_that_panics_ends_its_checkout,
];
