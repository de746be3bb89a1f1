//! Each call of the pool, dropped at each of the points at which it waits.

use diesel::QueryDsl;
use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::TryStreamExt;
use tenants_tests::schema::{NewPost, posts};

use super::polled;
use crate::two::{Two, tenants_seen};

/// Far more than any call here needs.
const MANY: usize = 500;

/// Drops the call after one poll, then after two, and so on until it ends by itself; after each, the
/// tenants get the only connection of the pool, with their own rows.
macro_rules! at_every_await {
    ($two:expr, $pool:expr, $call:expr) => {{
        let mut polls = 1;
        while polled(polls, $call).await.is_none() {
            $two.assert_isolated(&$pool).await;
            assert_eq!($pool.status().size, 1, "after {polls} polls");
            polls += 1;
            assert!(polls < MANY, "it never ends");
        }
        assert!(polls > 1, "it never waited");
        $two.assert_isolated(&$pool).await;
    }};
}

#[tokio::test]
async fn get() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    at_every_await!(two, pool, async {
        let mut conn = pool.get(&two.acme).await.unwrap();
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
        let count: i64 = posts::table.count().get_result(&mut conn).await.unwrap();
        assert_eq!(count, 2);
        conn.transaction(async |conn| tenants_seen(conn).await).await.unwrap()
    });
}

#[tokio::test]
async fn read() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    at_every_await!(
        two,
        pool,
        pool.read(&two.acme, async |conn| {
            assert_eq!(tenants_seen(conn).await?, ["acme"]);
            tenants_seen(conn).await
        })
    );
}

/// Dropped while it ends, a transaction is committed or not, but never half of it.
#[tokio::test]
async fn transaction() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    let superuser = two.raw("postgres").await;
    for polls in 1..MANY {
        let before = two.all_posts().await[0].1;
        let transaction = pool.transaction(&two.acme, async |conn| {
            let post = NewPost { title: "new" };
            diesel::insert_into(posts::table).values(&post).execute(conn).await?;
            conn.transaction::<_, DieselError, _>(async |conn| {
                diesel::insert_into(posts::table).values(&post).execute(conn).await
            })
            .await
        });
        let ended = polled(polls, transaction).await;
        let mut next = pool.get(&two.globex).await.unwrap();
        assert_eq!(tenants_seen(&mut next).await.unwrap(), ["globex"], "after {polls} polls");
        assert_eq!(pool.status().size, 1);
        drop(next);
        // Waits for whoever still writes.
        superuser.run("BEGIN; LOCK TABLE posts; COMMIT").await.unwrap();
        let written = two.all_posts().await[0].1 - before;
        match ended {
            Some(result) => {
                result.unwrap();
                assert_eq!(written, 2);
                assert!(polls > 3, "it hardly waited");
                return;
            }
            None => assert!(written == 0 || written == 2, "{written} after {polls} polls"),
        }
    }
    panic!("it never ends");
}

#[tokio::test]
async fn load_stream() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    at_every_await!(two, pool, async {
        let mut conn = pool.get(&two.acme).await.unwrap();
        let rows =
            diesel::sql_query("SELECT tenant, title, id FROM posts, generate_series(1, 900)");
        let rows = rows.load_stream::<Row>(&mut conn).await.unwrap();
        let rows: Vec<Row> = rows.try_collect().await.unwrap();
        assert_eq!(rows.len(), 1800);
        assert!(rows.iter().all(|row| row.tenant == "acme"));
    });
}

#[tokio::test]
async fn admin_and_lifecycle() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    at_every_await!(two, pool, async {
        let mut conn = pool.admin("test").await.unwrap();
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme", "globex"]);
    });
    // Dropped while it ends, it is done or not; at the end it is.
    at_every_await!(two, pool, pool.create_tenant("initech"));
    assert!(pool.tenant_exists("initech").await.unwrap());
    at_every_await!(two, pool, pool.list_tenants());
    at_every_await!(two, pool, pool.tenant_exists("initech"));
    at_every_await!(two, pool, pool.delete_tenant("initech"));
    assert!(!pool.tenant_exists("initech").await.unwrap());
    at_every_await!(two, pool, pool.restore_tenant("initech"));
    assert!(pool.tenant_exists("initech").await.unwrap());
}

#[derive(diesel::QueryableByName)]
#[diesel(table_name = posts)]
struct Row {
    tenant: String,
}
