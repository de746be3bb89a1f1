//! Two tenants with rows of their own, and the proof that the rows are there.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tenants_diesel::{Isolation, TenantId, TenantPool};
use tenants_tests::Database;
use tenants_tests::schema::{posts, text_registry};

use crate::raw::Raw;

/// A database in which acme has two posts and globex has one.
pub(crate) struct Two {
    pub(crate) db: Database,
    pub(crate) acme: TenantId,
    pub(crate) globex: TenantId,
}

impl Two {
    pub(crate) async fn new() -> Self {
        let db = Database::new().await;
        db.run(
            "postgres",
            "INSERT INTO tenants.tenant (id) VALUES ('acme'), ('globex');
             INSERT INTO posts (tenant, title)
             VALUES ('acme', 'first'), ('acme', 'second'), ('globex', 'first')",
        )
        .await;
        let two = Self { db, acme: tenant("acme"), globex: tenant("globex") };
        assert_eq!(two.all_posts().await, [("acme".to_owned(), 2), ("globex".to_owned(), 1)]);
        two
    }

    /// What is there, seen by a superuser: number of posts by tenant.
    pub(crate) async fn all_posts(&self) -> Vec<(String, i64)> {
        let mut superuser = self.db.connect("postgres").await;
        posts::table
            .group_by(posts::tenant)
            .select((posts::tenant, diesel::dsl::count_star()))
            .order(posts::tenant)
            .load(&mut superuser)
            .await
            .unwrap()
    }

    /// A session without this library.
    pub(crate) async fn raw(&self, login: &str) -> Raw {
        Raw::connect(&self.db.url(login)).await
    }

    /// A pool with a single connection, so that one tenant always gets what the other one left.
    pub(crate) async fn pool_of_one(&self) -> TenantPool {
        self.db.builder().max_size(1).build().await.unwrap()
    }

    /// A single connection as diesel-async and deadpool hand it out, without this library.
    pub(crate) fn stock_pool(&self) -> Pool<AsyncPgConnection> {
        stock_pool(&self.db.url("app_login"), RecyclingMethod::Fast)
    }

    /// Our pool over the connection of a stock pool, whose state a test can thus prepare.
    pub(crate) async fn pool_over(&self, stock: &Pool<AsyncPgConnection>) -> TenantPool {
        TenantPool::from_pool(stock.clone())
            .isolation(Isolation::SharedRole)
            .registry(text_registry())
            .build()
            .await
            .unwrap()
    }

    /// Fails unless each of the tenants sees its own posts, all of them, and no others.
    pub(crate) async fn assert_isolated(&self, pool: &TenantPool) {
        assert_eq!(self.seen(pool).await, self.own());
    }

    /// Whose posts each tenant sees: globex by `read` and by `get`, then acme.
    async fn seen(&self, pool: &TenantPool) -> Vec<Vec<String>> {
        let mut seen = Vec::new();
        for tenant in [&self.globex, &self.acme] {
            let tenants = posts::table.select(posts::tenant).order(posts::tenant);
            let read = pool.read(tenant, async |conn| tenants.load(conn).await);
            seen.push(read.await.unwrap());
            let mut conn = pool.get(tenant).await.unwrap();
            seen.push(tenants.load(&mut conn).await.unwrap());
        }
        seen
    }

    fn own(&self) -> Vec<Vec<String>> {
        let [globex, acme] = [(&self.globex, 1), (&self.acme, 2)]
            .map(|(tenant, posts)| vec![tenant.to_string(); posts]);
        vec![globex.clone(), globex, acme.clone(), acme]
    }
}

/// What many tests end with must be able to fail.
#[tokio::test]
async fn without_policies_nobody_is_isolated() {
    let two = Two::new().await;
    let pool = two.pool_of_one().await;
    two.assert_isolated(&pool).await;
    let off = "ALTER TABLE posts DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY";
    two.db.run("owner", off).await;
    assert_eq!(two.seen(&pool).await, vec![["acme", "acme", "globex"]; 4]);
}

pub(crate) fn stock_pool(
    url: &str,
    recycling: RecyclingMethod<AsyncPgConnection>,
) -> Pool<AsyncPgConnection> {
    let mut config = ManagerConfig::default();
    config.recycling_method = recycling;
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(1)
        .build()
        .unwrap()
}

pub(crate) fn tenant(id: &str) -> TenantId {
    TenantId::try_from(id).unwrap()
}

/// Which server process answers.
pub(crate) async fn pid<C>(conn: &mut C) -> i32
where
    C: AsyncConnection<Backend = Pg>,
{
    try_pid(conn).await.unwrap()
}

pub(crate) async fn try_pid<C>(conn: &mut C) -> QueryResult<i32>
where
    C: AsyncConnection<Backend = Pg>,
{
    diesel::select(pg_backend_pid()).get_result(conn).await
}

/// Whose posts a connection sees.
pub(crate) async fn tenants_seen<C>(conn: &mut C) -> QueryResult<Vec<String>>
where
    C: AsyncConnection<Backend = Pg>,
{
    posts::table.select(posts::tenant).distinct().order(posts::tenant).load(conn).await
}

/// Who a connection is to the server.
pub(crate) async fn role<C>(conn: &mut C) -> String
where
    C: AsyncConnection<Backend = Pg>,
{
    diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("current_user::text"))
        .get_result(conn)
        .await
        .unwrap()
}

diesel::define_sql_function! {
    /// The process id of the session.
    fn pg_backend_pid() -> diesel::sql_types::Integer;
}
