//! `tenants`, forgetting the filter.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tenants_diesel::{TenantConnection, TenantId, TenantPool, TenantPoolBuilder};
use tenants_tests::schema::posts;

use crate::fixture::Row;
use crate::request::{Request, tenant_ids};

/// A service on a pool of `tenants`, whose queries name no tenant.
pub struct Scoped {
    pool: TenantPool,
    tenants: Vec<TenantId>,
}

impl Scoped {
    /// Builds the pool.
    pub async fn new(pool: TenantPoolBuilder) -> Self {
        Self::over(pool.build().await.expect("the pool is built"))
    }

    /// The same on a pool that is built.
    #[must_use]
    pub fn over(pool: TenantPool) -> Self {
        Self { pool, tenants: tenant_ids() }
    }

    /// One query in a transaction.
    pub async fn transaction(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let row = self.pool.transaction(tenant, async |c| find(c, request.id).await).await;
        checked(row, tenant)
    }

    /// One query in a read-only transaction.
    pub async fn read(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let row = self.pool.read(tenant, async |c| find(c, request.id).await).await;
        checked(row, tenant)
    }

    /// One query without a transaction.
    pub async fn get(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let mut connection = self.pool.get(tenant).await.expect("a connection is free");
        checked(find(&mut connection, request.id).await, tenant)
    }
}

async fn find(connection: &mut TenantConnection, id: i64) -> QueryResult<Row> {
    posts::table.filter(posts::id.eq(id)).get_result(connection).await
}

/// What is fast and wrong does not count.
fn checked(row: QueryResult<Row>, tenant: &TenantId) -> Row {
    let row = row.expect("the row is found");
    assert_eq!(row.1, tenant.as_str());
    row
}
