//! Streams and futures that outlive what they should not.

use super::*;
use diesel::result::Error as DieselError;
use diesel_async::AsyncConnection;
use tenants_diesel::ScopeError;

use crate::cancel::{drop_when_active, until_active};
use crate::raw::Raw;

#[tokio::test]
async fn a_stream_that_outlives_its_connection_does_not_block_the_next_tenant() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    let stream = diesel::sql_query("SELECT repeat('x', 1000) AS t FROM generate_series(1, 100000)")
        .load_stream::<Row>(&mut conn)
        .await
        .unwrap();
    drop(conn);
    in_time(all_posts(&mut pool.get(&b).await.unwrap())).await.unwrap();
    drop(stream);
}

/// Of a result that is larger than what is between here and the server.
#[tokio::test]
async fn a_stream_that_is_dropped_half_read_does_not_block_the_next_statement() {
    use futures_util::StreamExt;
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    let large = "SELECT repeat('x', 1000) AS t FROM generate_series(1, 100000)";
    let half = async |conn: &mut TenantConnection| -> QueryResult<()> {
        let mut stream = diesel::sql_query(large).load_stream::<Row>(conn).await?;
        assert!(stream.next().await.unwrap()?.t.is_some());
        Ok(())
    };
    let mut conn = pool.get(&a).await.unwrap();
    half(&mut conn).await.unwrap();
    assert_eq!(in_time(post(&mut conn, "behind")).await, Ok(1));
    drop(conn);
    let committed = pool.transaction(&a, async |conn| {
        post(conn, "before").await?;
        half(conn).await
    });
    in_time(committed).await.unwrap();
    // Dropped by another task, while a statement is waiting behind it.
    let mut conn = pool.get(&a).await.unwrap();
    let stream = diesel::sql_query(large).load_stream::<Row>(&mut conn).await.unwrap();
    let late = async {
        tokio::task::yield_now().await;
        drop(stream);
    };
    assert_eq!(in_time(async { tokio::join!(post(&mut conn, "last"), late) }).await.0, Ok(1));
    assert_eq!(stored(&db).await.len(), 3);
}

#[tokio::test]
async fn a_forgotten_stream_does_not_block_the_next_tenant() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    let stream = diesel::sql_query("SELECT repeat('x', 1000) AS t FROM generate_series(1, 100000)")
        .load_stream::<Row>(&mut conn)
        .await
        .unwrap();
    std::mem::forget(stream);
    drop(conn);
    in_time(all_posts(&mut pool.get(&b).await.unwrap())).await.unwrap();
}

#[tokio::test]
async fn a_stream_out_of_a_read_does_not_block_the_next_tenant() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let stream = pool
        .read(&a, async |c| {
            diesel::sql_query("SELECT repeat('x', 1000) AS t FROM generate_series(1, 100000)")
                .load_stream::<Row>(c)
                .await
        })
        .await;
    in_time(all_posts(&mut pool.get(&b).await.unwrap())).await.unwrap();
    drop(stream);
}

#[tokio::test]
async fn a_transaction_that_hands_out_a_stream_ends() {
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    let stream = in_time(pool.transaction(&a, async |c| {
        diesel::sql_query("SELECT repeat('x', 1000) AS t FROM generate_series(1, 100000)")
            .load_stream::<Row>(c)
            .await
    }))
    .await;
    // The end of the transaction comes behind the rows that nobody reads.
    let refused = stream.map(drop).unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::Cancelled), "{refused}");
}

#[tokio::test]
async fn the_next_tenant_does_not_wait_for_rows_that_nobody_reads() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let watcher = Raw::connect(&db.url("postgres")).await;
    let small = || diesel::sql_query("SELECT 'x' AS t FROM generate_series(1, 300)");
    // Not in FROM, where the server makes all of them before it sends the first. A terabyte: who
    // waited for the end of it would not be back in time.
    let mark = "generate_series(1, 1000000000)";
    let large = || diesel::sql_query(format!("SELECT repeat('x', 1000) AS t, {mark}"));
    for order in ["stream after connection", "two streams"] {
        let mut conn = pool.get(&a).await.unwrap();
        if order == "two streams" {
            let first = small().load_stream::<Row>(&mut conn).await.unwrap();
            let second = large().load_stream::<Row>(&mut conn).await.unwrap();
            drop(second);
            drop(first);
            drop(conn);
        } else {
            let stream = large().load_stream::<Row>(&mut conn).await.unwrap();
            drop(conn);
            drop(stream);
        }
        let seen = in_time(all_posts(&mut pool.get(&b).await.unwrap())).await;
        assert_eq!(seen, Ok(vec![]), "{order}");
        until_active(&watcher, mark, false).await;
    }
}

#[tokio::test]
async fn a_forgotten_future_does_not_make_the_next_tenants_transaction_panic() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    all_posts(&mut conn).await.unwrap();
    std::mem::forget(posts::table.count().get_result::<i64>(&mut conn));
    drop(conn);
    let next =
        tokio::spawn(async move { pool.transaction(&b, async |c| all_posts(c).await).await });
    assert_eq!(next.await.expect("no panic"), Ok(vec![]));
}

#[tokio::test]
async fn a_transaction_after_a_cancelled_one_is_refused_and_does_not_panic() {
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    let again = tokio::spawn(async move {
        let mut conn = pool.get(&a).await.unwrap();
        {
            let mut begin = Box::pin(conn.transaction(async |c| all_posts(c).await));
            let _ = futures_util::poll!(begin.as_mut());
        }
        conn.transaction(async |c| all_posts(c).await).await
    });
    let refused = again.await.expect("no panic").unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::Cancelled));
}

/// Whatever is swapped, rows go where their connection says. The end of one transaction would be told as
/// the end of the other one, so both are rolled back.
#[tokio::test]
async fn swapped_connections_keep_their_tenants() {
    let db = Database::new().await;
    let pool = db.pool().await;
    let a = pool.create_tenant("a").await.unwrap();
    let b = pool.create_tenant("b").await.unwrap();
    let (mut one, mut other) = (pool.get(&a).await.unwrap(), pool.get(&b).await.unwrap());
    std::mem::swap(&mut one, &mut other);
    assert_eq!((one.tenant(), other.tenant()), (&b, &a));
    post(&mut one, "b").await.unwrap();
    post(&mut other, "a").await.unwrap();
    let own = |tenant: &str| (tenant.to_owned(), tenant.to_owned());
    let mut before = stored(&db).await;
    before.sort();
    assert_eq!(before, [own("a"), own("b")]);

    for inner in [Ok(()), Err(DieselError::RollbackTransaction)] {
        let swapped = pool.transaction(&a, async |of_a| {
            let ended = pool.transaction(&b, async |of_b| {
                post(of_a, "lost").await?;
                post(of_b, "lost").await?;
                std::mem::swap(of_a, of_b);
                inner
            });
            assert!(ended.await.is_err());
            QueryResult::Ok(())
        });
        let refused = swapped.await.unwrap_err();
        assert_eq!(ScopeError::of(&refused), Some(ScopeError::ScopeLost));
    }
    let mut after = stored(&db).await;
    after.sort();
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_a_transaction_could_not_finish_is_not_stored() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let watcher = Raw::connect(&db.url("postgres")).await;
    let cancelled = pool.transaction(&a, async |c| {
        post(c, "cancelled").await?;
        exec(c, "SELECT pg_sleep(600)").await
    });
    drop_when_active(&watcher, "pg_sleep(600)", cancelled).await;
    let panicked = tokio::spawn({
        let (pool, a) = (pool.clone(), a.clone());
        async move {
            pool.transaction::<(), diesel::result::Error, _>(&a, async |c| {
                post(c, "panicked").await?;
                panic!("on purpose")
            })
            .await
        }
    });
    panicked.await.unwrap_err();
    let swallowed = pool.transaction::<_, diesel::result::Error, _>(&a, async |c| {
        post(c, "swallowed").await?;
        let _ = exec(c, "SELECT 1/0").await;
        Ok(())
    });
    swallowed.await.unwrap_err();
    let swallowed = pool.transaction::<_, diesel::result::Error, _>(&a, async |c| {
        post(c, "dropped").await?;
        drop_when_active(&watcher, "pg_sleep(601)", exec(c, "SELECT pg_sleep(601)")).await;
        Ok(())
    });
    swallowed.await.unwrap_err();
    let mut conn = pool.get(&a).await.unwrap();
    conn.begin_test_transaction().await.unwrap();
    post(&mut conn, "test").await.unwrap();
    drop(conn);
    assert_eq!(all_posts(&mut pool.get(&b).await.unwrap()).await, Ok(vec![]));
    assert_eq!(stored(&db).await, []);
}
