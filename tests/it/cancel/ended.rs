//! What does not cost a connection, and what ends one from outside.

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::RunQueryDsl;
use futures_util::StreamExt;
use tenants_diesel::{ScopeError, TenantPool};
use tenants_tests::schema::{Post, posts};

use super::until_active;
use crate::two::{Two, pid, tenants_seen, try_pid};

/// They drop their stream before its end.
#[tokio::test]
async fn get_result_and_first_keep_the_connection() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    let before = pid(&mut pool.get(&two.acme).await.unwrap()).await;
    for _ in 0..20 {
        let mut conn = pool.get(&two.acme).await.unwrap();
        let count: i64 = posts::table.count().get_result(&mut conn).await.unwrap();
        assert_eq!(count, 2);
        drop(conn);
        let mut conn = pool.get(&two.globex).await.unwrap();
        let post: Post = posts::table.select(Post::as_select()).first(&mut conn).await.unwrap();
        assert_eq!(post.tenant, "globex");
        drop(conn);
        // One row of the two that the server sends.
        let mut conn = pool.get(&two.acme).await.unwrap();
        let all = posts::table.select(Post::as_select());
        let post: Post = all.get_result(&mut conn).await.unwrap();
        assert_eq!(post.tenant, "acme");
        drop(conn);
        pool.read(&two.globex, async |conn| posts::table.count().get_result::<i64>(conn).await)
            .await
            .unwrap();
        assert_eq!(pid(&mut pool.get(&two.globex).await.unwrap()).await, before);
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_half_read_ends_on_the_server() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    let watcher = two.raw("postgres").await;
    let endless = "SELECT repeat('x', 8000) AS title FROM generate_series(1, 100000000)";
    let mark = "generate_series(1, 100000000)";
    let mut conn = pool.get(&two.acme).await.unwrap();
    let before = pid(&mut conn).await;
    let mut stream = diesel::sql_query(endless).load_stream::<Row>(&mut conn).await.unwrap();
    for _ in 0..10 {
        assert_eq!(stream.next().await.unwrap().unwrap().title.len(), 8000);
    }
    until_active(&watcher, mark, true).await;
    drop(stream);
    drop(conn);
    until_active(&watcher, mark, false).await;
    assert_ne!(pid(&mut pool.get(&two.globex).await.unwrap()).await, before);
    two.assert_isolated(&pool).await;
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    title: String,
}

#[tokio::test]
async fn a_panic_rolls_back_and_costs_the_connection() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    let before = pid(&mut pool.get(&two.acme).await.unwrap()).await;
    for early in [true, false] {
        let (pool, acme) = (pool.clone(), two.acme.clone());
        let task = tokio::spawn(async move {
            pool.transaction::<(), DieselError, _>(&acme, async |conn| {
                assert!(!early, "ahead of any statement");
                diesel::delete(posts::table).execute(conn).await?;
                panic!("behind a statement")
            })
            .await
        });
        assert!(task.await.unwrap_err().is_panic());
    }
    assert_ne!(pid(&mut pool.get(&two.globex).await.unwrap()).await, before);
    two.assert_isolated(&pool).await;
    assert_eq!(two.all_posts().await[0], ("acme".to_owned(), 2));
}

/// Ends the only connection of a pool, as a restart of the server or a firewall does.
async fn kill(pool: &TenantPool, two: &Two) -> i32 {
    let process = pid(&mut pool.get(&two.acme).await.unwrap()).await;
    kill_process(two, process).await;
    process
}

async fn kill_process(two: &Two, process: i32) {
    let superuser = two.raw("postgres").await;
    // With a time limit it waits until the process is gone.
    let end = format!("SELECT pg_terminate_backend({process}, 10000)");
    assert_eq!(superuser.row(&end).await, "t");
}

#[tokio::test]
async fn after_a_connection_was_ended_the_next_works_or_says_so() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    for _ in 0..5 {
        let before = kill(&pool, &two).await;
        let checkout = try_pid(&mut pool.get(&two.globex).await.unwrap()).await;
        assert_closed_or_new(checkout, before);
        two.assert_isolated(&pool).await;

        let before = kill(&pool, &two).await;
        let read = pool.read(&two.globex, async |conn| try_pid(conn).await).await;
        assert_closed_or_new(read, before);
        two.assert_isolated(&pool).await;

        let before = kill(&pool, &two).await;
        let written = pool.transaction(&two.globex, async |conn| try_pid(conn).await).await;
        assert_closed_or_new(written, before);
        two.assert_isolated(&pool).await;

        kill(&pool, &two).await;
        let exists = pool.tenant_exists("acme").await;
        assert!(exists.is_err() || exists.is_ok_and(|found| found));
        assert!(pool.tenant_exists("acme").await.unwrap());
        assert_eq!(pool.status().size, 1);
    }
}

/// Either the pool noticed in time, or the statement did.
fn assert_closed_or_new(result: QueryResult<i32>, before: i32) {
    match result {
        Ok(process) => assert_ne!(process, before),
        Err(error) => {
            assert_eq!(ScopeError::of(&error), None);
            let DieselError::DatabaseError(_, details) = &error else { panic!("{error:?}") };
            assert!(!details.message().is_empty());
        }
    }
}

#[tokio::test]
async fn a_connection_that_ends_in_use_fails_and_the_next_works() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    for _ in 0..5 {
        let mut conn = pool.get(&two.acme).await.unwrap();
        let process = pid(&mut conn).await;
        kill_process(&two, process).await;
        tenants_seen(&mut conn).await.unwrap_err();
        tenants_seen(&mut conn).await.unwrap_err();
        drop(conn);
        two.assert_isolated(&pool).await;

        pool.transaction(&two.acme, async |conn| {
            let process = pid(conn).await;
            diesel::delete(posts::table).execute(conn).await?;
            kill_process(&two, process).await;
            Ok::<_, DieselError>(())
        })
        .await
        .unwrap_err();
        two.assert_isolated(&pool).await;
    }
}
