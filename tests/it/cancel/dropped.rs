//! A transaction of a checkout that is dropped between two statements, and the checkout used again.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_diesel::{ScopeError, TenantConnection};
use tenants_tests::schema::{NewPost, posts};
use tokio::sync::Notify;

use crate::two::{Two, tenants_seen};

async fn post<C: AsyncConnection<Backend = Pg>>(conn: &mut C) -> QueryResult<usize> {
    diesel::insert_into(posts::table).values(&NewPost { title: "new" }).execute(conn).await
}

/// Drops a transaction that has run one statement and now waits for something else.
macro_rules! drop_transaction {
    ($conn:expr) => {{
        let begun = Notify::new();
        let transaction = $conn.transaction(async |conn| {
            tenants_seen(conn).await?;
            begun.notify_one();
            std::future::pending::<QueryResult<()>>().await
        });
        tokio::select! {
            _ = transaction => unreachable!("it never ends"),
            () = begun.notified() => {}
        }
    }};
}

#[tokio::test]
async fn rule_09_a_dropped_transaction_does_not_swallow_the_next_one() {
    let two = Two::new().await;
    // What a plain connection begins next is a savepoint of the dropped transaction.
    let mut naive = two.db.connect("app_login").await;
    naive.batch_execute("SET ROLE tenants_app; SET tenants.tenant = 'acme'").await.unwrap();
    drop_transaction!(naive);
    naive.transaction(async |conn| post(conn).await).await.unwrap();
    drop(naive);
    assert_eq!(two.all_posts().await[0], ("acme".to_owned(), 2), "told as committed, and lost");

    let pool = two.pool_of_one().await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    drop_transaction!(conn);
    let refused = conn.transaction(async |conn| post(conn).await).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::Cancelled));
    // Nor does the dropped transaction swallow a single statement.
    let refused = post(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::Cancelled));
    drop(conn);
    two.assert_isolated(&pool).await;
}

/// The same with a savepoint: nobody is told that the transaction around it was committed.
#[tokio::test]
async fn rule_09_a_dropped_savepoint_fails_the_transaction_around_it() {
    async fn outer(conn: &mut TenantConnection) -> QueryResult<()> {
        post(conn).await?;
        drop_transaction!(conn);
        Ok(())
    }
    let two = Two::new().await;
    let mut naive = two.db.connect("app_login").await;
    naive.batch_execute("SET ROLE tenants_app; SET tenants.tenant = 'acme'").await.unwrap();
    naive
        .transaction::<_, DieselError, _>(async |conn| {
            post(conn).await?;
            drop_transaction!(conn);
            Ok(())
        })
        .await
        .unwrap();
    drop(naive);
    assert_eq!(two.all_posts().await[0], ("acme".to_owned(), 2), "told as committed, and lost");

    let pool = two.pool_of_one().await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    let refused = conn.transaction(async |conn| outer(conn).await).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::Cancelled));
    drop(conn);
    let refused = pool.transaction(&two.acme, async |conn| outer(conn).await).await.unwrap_err();
    assert!(ScopeError::of(&refused).is_some(), "{refused}");
    two.assert_isolated(&pool).await;
}
