//! Plain diesel-async, filtering by hand.

use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::fixture::{Row, plain_posts};
use crate::request::{Request, tenant_ids};

/// A service on the pool of diesel-async, whose queries say `WHERE tenant = $1`.
pub struct Stock {
    pool: Pool<AsyncPgConnection>,
    tenants: Vec<String>,
}

impl Stock {
    /// With the pool as it comes: `RecyclingMethod::Verified`, a query at each checkout.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self::with(url, RecyclingMethod::Verified)
    }

    /// With `RecyclingMethod::Fast`: nobody asks whether the connection is alive.
    #[must_use]
    pub fn fast(url: &str) -> Self {
        Self::with(url, RecyclingMethod::Fast)
    }

    fn with(url: &str, recycling: RecyclingMethod<AsyncPgConnection>) -> Self {
        let mut config = ManagerConfig::default();
        config.recycling_method = recycling;
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder(manager).build().expect("the pool is built");
        let tenants = tenant_ids().iter().map(ToString::to_string).collect();
        Self { pool, tenants }
    }

    /// One query in a transaction.
    pub async fn transaction(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let mut connection = self.pool.get().await.expect("a connection is free");
        connection
            .transaction(async |connection| find(connection, tenant, request.id).await)
            .await
            .expect("the row is found")
    }

    /// One query without a transaction.
    pub async fn get(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let mut connection = self.pool.get().await.expect("a connection is free");
        find(&mut connection, tenant, request.id).await.expect("the row is found")
    }

    /// The least that can be asked, to learn what one round trip takes.
    pub async fn ping(&self) {
        let mut connection = self.pool.get().await.expect("a connection is free");
        let one = diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>());
        let _: i32 = one.get_result(&mut connection).await.expect("the server answers");
    }
}

async fn find(connection: &mut AsyncPgConnection, tenant: &str, id: i64) -> QueryResult<Row> {
    plain_posts::table
        .filter(plain_posts::tenant.eq(tenant))
        .filter(plain_posts::id.eq(id))
        .get_result(connection)
        .await
}
