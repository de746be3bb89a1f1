//! The same without async: `diesel::PgConnection` and r2d2.

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use tenants_diesel::TenantId;
use tenants_diesel::sync::{TenantConnection, TenantPool, TenantPoolBuilder};
use tenants_tests::schema::posts;

use crate::fixture::{Row, plain_posts};
use crate::request::{Request, tenant_ids};

/// A service on Diesel's own pool, whose queries say `WHERE tenant = $1`.
pub struct Stock {
    pool: Pool<ConnectionManager<PgConnection>>,
    tenants: Vec<String>,
}

impl Stock {
    /// With the pool as it comes: a query at each checkout.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self::with(url, true)
    }

    /// With `test_on_check_out(false)`: nobody asks whether the connection is alive.
    #[must_use]
    pub fn fast(url: &str) -> Self {
        Self::with(url, false)
    }

    fn with(url: &str, test: bool) -> Self {
        let builder = Pool::builder().max_size(1).test_on_check_out(test);
        let pool = builder.build(ConnectionManager::new(url)).expect("the pool is built");
        let tenants = tenant_ids().iter().map(ToString::to_string).collect();
        Self { pool, tenants }
    }

    /// One query in a transaction.
    pub fn transaction(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let mut connection = self.pool.get().expect("a connection is free");
        connection
            .transaction(|connection| plain(connection, tenant, request.id))
            .expect("the row is found")
    }

    /// One query without a transaction.
    pub fn get(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let mut connection = self.pool.get().expect("a connection is free");
        plain(&mut connection, tenant, request.id).expect("the row is found")
    }
}

fn plain(connection: &mut PgConnection, tenant: &str, id: i64) -> QueryResult<Row> {
    plain_posts::table
        .filter(plain_posts::tenant.eq(tenant))
        .filter(plain_posts::id.eq(id))
        .get_result(connection)
}

/// A service on a pool of `tenants`, whose queries name no tenant.
pub struct Scoped {
    pool: TenantPool,
    tenants: Vec<TenantId>,
}

impl Scoped {
    /// Builds the pool.
    pub fn new(pool: TenantPoolBuilder) -> Self {
        Self { pool: pool.build().expect("the pool is built"), tenants: tenant_ids() }
    }

    /// One query in a transaction.
    pub fn transaction(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        checked(self.pool.transaction(tenant, |c| find(c, request.id)), tenant)
    }

    /// One query in a read-only transaction.
    pub fn read(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        checked(self.pool.read(tenant, |c| find(c, request.id)), tenant)
    }

    /// One query without a transaction.
    pub fn get(&self, request: Request) -> Row {
        let tenant = &self.tenants[request.tenant];
        let mut connection = self.pool.get(tenant).expect("a connection is free");
        checked(find(&mut connection, request.id), tenant)
    }
}

fn find(connection: &mut TenantConnection, id: i64) -> QueryResult<Row> {
    posts::table.filter(posts::id.eq(id)).get_result(connection)
}

fn checked(row: QueryResult<Row>, tenant: &TenantId) -> Row {
    let row = row.expect("the row is found");
    assert_eq!(row.1, tenant.as_str());
    row
}
