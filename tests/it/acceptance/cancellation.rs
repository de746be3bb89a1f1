//! A future that is dropped leaves no trace on the connection; only async pools have such.

use std::pin::pin;

use diesel::prelude::*;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use tenants_diesel::{CheckoutError, LifecycleError, ScopeError};
use tenants_tests::SUPERUSER;
use tenants_tests::schema::{Post, posts};
use tokio::sync::Notify;

use super::world::World;
use super::{Connection, RunQueryDsl, builder};
use crate::acceptance::check::Check;

/// Dropped between two statements of a transaction.
async fn n06_a_transaction_that_is_dropped_leaves_a_clean_pool(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let deleted = Notify::new();
    let transaction = pool.transaction(&world.a, async |conn| {
        diesel::delete(posts::table).execute(conn).await?;
        deleted.notify_one();
        std::future::pending::<QueryResult<()>>().await
    });
    tokio::select! {
        _ = transaction => unreachable!("it never ends"),
        () = deleted.notified() => {}
    }
    world.ensure_clean(&pool).await
}

/// The same, in a transaction of a checkout, which is used again.
async fn n06_a_nested_transaction_that_is_dropped_ends_its_checkout(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let mut conn = pool.get(&world.a).await?;
    let deleted = Notify::new();
    let transaction = conn.transaction(async |conn| {
        diesel::delete(posts::table).execute(conn).await?;
        deleted.notify_one();
        std::future::pending::<QueryResult<()>>().await
    });
    tokio::select! {
        _ = transaction => unreachable!("it never ends"),
        () = deleted.notified() => {}
    }
    drop(conn);
    world.ensure_clean(&pool).await
}

/// Dropped while the server is at work, or before it has heard of the statement.
async fn n06_a_statement_that_is_dropped_is_cancelled(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let lock = world.database.connect(SUPERUSER).await;
    let mut lock = lock;
    diesel::sql_query("BEGIN").execute(&mut lock).await?;
    diesel::sql_query("LOCK TABLE posts").execute(&mut lock).await?;
    for entered in [false, true] {
        let mut conn = pool.get(&world.a).await?;
        if entered {
            diesel::sql_query("SELECT 1").execute(&mut conn).await?;
        }
        let delete = diesel::delete(posts::table);
        assert!(pin!(delete.execute(&mut conn)).now_or_never().is_none());
        let refused = posts::table.count().get_result::<i64>(&mut conn).await.unwrap_err();
        ensure_eq!(ScopeError::of(&refused), Some(ScopeError::Cancelled));
    }
    diesel::sql_query("COMMIT").execute(&mut lock).await?;
    world.ensure_clean(&pool).await
}

async fn rows_that_nobody_reads_are_no_danger(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let mut conn = pool.get(&world.b).await?;
    let all = posts::table.order(posts::id).select(Post::as_select());
    let streamed = all.load_stream::<Post>(&mut conn).await?;
    let streamed: Vec<Post> = streamed.try_collect().await?;
    ensure_eq!(streamed, world.rows_of(&world.b));
    let mut stream = all.load_stream::<Post>(&mut conn).await?;
    ensure_eq!(stream.next().await, Some(Ok(world.rows_of(&world.b)[0].clone())));
    drop(stream);
    ensure_eq!(all.load::<Post>(&mut conn).await?, world.rows_of(&world.b));
    // More than any buffer between here and the server holds.
    let endless = diesel::sql_query(
        "SELECT g AS id, '' AS tenant, repeat('x', 8000) AS title FROM generate_series(1, 100000) AS g",
    );
    let mut stream = endless.load_stream::<Endless>(&mut conn).await?;
    ensure_eq!(stream.next().await.transpose()?.is_some(), true);
    drop(stream);
    drop(conn);
    world.ensure_clean(&pool).await
}

async fn a_closed_pool_hands_out_no_connections(world: &World) {
    let pool = builder(&world.database).build().await.unwrap();
    pool.close();
    let refused = pool.get(&world.a).await;
    assert!(matches!(refused, Err(CheckoutError::Closed)), "{refused:?}");
    let refused = pool.transaction(&world.a, async |_| QueryResult::Ok(())).await.unwrap_err();
    assert!(matches!(CheckoutError::of(&refused), Some(CheckoutError::Closed)), "{refused:?}");
    let refused = pool.list_tenants().await.unwrap_err();
    let LifecycleError::Checkout(cause) = refused else { panic!("{refused:?}") };
    assert!(matches!(*cause, CheckoutError::Closed), "{cause:?}");
}

#[derive(QueryableByName)]
struct Endless {
    #[diesel(sql_type = diesel::sql_types::Text)]
    #[allow(dead_code)]
    title: String,
}

isolation_cases![
    n06_a_transaction_that_is_dropped_leaves_a_clean_pool,
    n06_a_nested_transaction_that_is_dropped_ends_its_checkout,
    n06_a_statement_that_is_dropped_is_cancelled,
    rows_that_nobody_reads_are_no_danger,
];
in_both_modes![a_closed_pool_hands_out_no_connections];
