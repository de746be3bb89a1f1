use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use tenants_diesel::{ScopeError, TenantId};
use tenants_tests::Database;
use tenants_tests::schema::*;

#[tokio::test]
async fn smoke() {
    let db = Database::new().await;
    let pool = db.builder().max_size(1).build().await.unwrap();
    let a = pool.create_tenant("a").await.unwrap();
    let b = pool.create_tenant("b").await.unwrap();
    assert_eq!(pool.list_tenants().await.unwrap(), [a.clone(), b.clone()]);
    for t in [&a, &b] {
        let mut conn = pool.get(t).await.unwrap();
        let n = diesel::insert_into(posts::table)
            .values(&NewPost { title: "x" })
            .execute(&mut conn)
            .await
            .unwrap();
        assert_eq!(n, 1);
    }
    for t in [&a, &b] {
        let mut conn = pool.get(t).await.unwrap();
        let rows: Vec<Post> = posts::table.select(Post::as_select()).load(&mut conn).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].tenant, t.as_str());
        conn.transaction::<_, diesel::result::Error, _>(async |c| {
            diesel::insert_into(posts::table).values(&NewPost { title: "y" }).execute(c).await?;
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        })
        .await
        .unwrap_err();
        let one: Post = posts::table.select(Post::as_select()).first(&mut conn).await.unwrap();
        assert_eq!(one.tenant, t.as_str());
    }
    let n: i64 = pool
        .transaction(&a, async |c| {
            diesel::insert_into(posts::table).values(&NewPost { title: "z" }).execute(c).await?;
            c.transaction::<_, diesel::result::Error, _>(async |c| {
                diesel::delete(posts::table).execute(c).await?;
                Err::<(), _>(diesel::result::Error::RollbackTransaction)
            })
            .await
            .unwrap_err();
            posts::table.count().get_result(c).await
        })
        .await
        .map_err(|e: diesel::result::Error| e)
        .unwrap();
    assert_eq!(n, 2);
    let n: i64 =
        pool.read(&b, async |c| posts::table.count().get_result::<i64>(c).await).await.unwrap();
    assert_eq!(n, 1);
    let unknown = TenantId::try_from("zz").unwrap();
    let e = pool
        .read(&unknown, async |c| posts::table.count().get_result::<i64>(c).await)
        .await
        .unwrap_err();
    assert_eq!(ScopeError::of(&e), Some(ScopeError::UnknownTenant));
    let mut conn = pool.get(&unknown).await.unwrap();
    let e = posts::table.count().get_result::<i64>(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&e), Some(ScopeError::UnknownTenant));
    drop(conn);
    let mut admin = pool.admin("test").await.unwrap();
    let n: i64 = posts::table.count().get_result(&mut admin).await.unwrap();
    assert_eq!(n, 3);
    println!("{:?} {admin:?}", pool);
    // raw BEGIN left open
    let mut conn = pool.get(&a).await.unwrap();
    diesel::sql_query("BEGIN").execute(&mut conn).await.unwrap();
    drop(conn);
    let mut conn = pool.get(&b).await.unwrap();
    assert_eq!(posts::table.count().get_result::<i64>(&mut conn).await, Ok(1));
    drop(conn);
    let n: i64 =
        pool.read(&b, async |c| posts::table.count().get_result::<i64>(c).await).await.unwrap();
    assert_eq!(n, 1);
}
