//! The sync pool, spelled as the async pool is, so that one text of a case serves both.
//!
//! Each function calls its namesake in [`tenants_diesel::sync`] or in Diesel, which does its work
//! there and then, and returns a future that is ready.

use std::future::{Future, Ready, ready};
use std::time::Duration;

use diesel::associations::HasTable;
use diesel::dsl::Limit;
use diesel::prelude::{AsChangeset, ConnectionResult, PgConnection, QueryResult};
use diesel::query_builder::IntoUpdateTarget;
use diesel::query_dsl::UpdateAndFetchResults;
use diesel::query_dsl::methods::{ExecuteDsl, LimitDsl, LoadQuery};
use diesel::r2d2::{ConnectionManager, Pool, PoolError, PooledConnection};
use diesel::result::Error as DieselError;
use futures_util::FutureExt;
use tenants_diesel::sync::{self, AdminConnection};
use tenants_diesel::{
    Admission, BuildError, CheckoutError, Isolation, LifecycleError, Pooler, Registry, Roles,
    Status, TenantId, TenantIdError,
};

pub(super) use tenants_diesel::sync::TenantConnection;

/// The result of a future in which nothing waits.
fn at_once<R>(future: impl Future<Output = R>) -> R {
    future.now_or_never().expect("a sync pool does its work at once")
}

#[derive(Debug, Clone)]
pub(super) struct TenantPool(sync::TenantPool);

pub(super) struct TenantPoolBuilder(sync::TenantPoolBuilder);

impl TenantPool {
    pub(super) fn builder(url: impl Into<String>) -> TenantPoolBuilder {
        TenantPoolBuilder(sync::TenantPool::builder(url))
    }

    pub(super) fn from_pool(pool: DriverPool) -> TenantPoolBuilder {
        TenantPoolBuilder(sync::TenantPool::from_pool(pool.0))
    }

    pub(super) fn create_if_missing(&self) -> Self {
        Self(self.0.create_if_missing())
    }

    pub(super) fn status(&self) -> Status {
        self.0.status()
    }

    pub(super) fn get(&self, tenant: &TenantId) -> Ready<Result<TenantConnection, CheckoutError>> {
        ready(self.0.get(tenant))
    }

    pub(super) fn admin(&self, reason: &str) -> Ready<Result<AdminConnection, CheckoutError>> {
        ready(self.0.admin(reason))
    }

    pub(super) async fn transaction<R, E, F>(&self, tenant: &TenantId, closure: F) -> Result<R, E>
    where
        F: AsyncFnOnce(&mut TenantConnection) -> Result<R, E>,
        E: From<DieselError>,
    {
        self.0.transaction(tenant, |conn| at_once(closure(conn)))
    }

    pub(super) async fn read<R, E, F>(&self, tenant: &TenantId, closure: F) -> Result<R, E>
    where
        F: AsyncFnOnce(&mut TenantConnection) -> Result<R, E>,
        E: From<DieselError>,
    {
        self.0.read(tenant, |conn| at_once(closure(conn)))
    }

    pub(super) fn create_tenant<I>(&self, id: I) -> Ready<Result<TenantId, LifecycleError>>
    where
        I: TryInto<TenantId, Error: Into<TenantIdError>>,
    {
        ready(self.0.create_tenant(id))
    }

    pub(super) fn delete_tenant<I>(&self, id: I) -> Ready<Result<(), LifecycleError>>
    where
        I: TryInto<TenantId, Error: Into<TenantIdError>>,
    {
        ready(self.0.delete_tenant(id))
    }

    pub(super) fn restore_tenant<I>(&self, id: I) -> Ready<Result<TenantId, LifecycleError>>
    where
        I: TryInto<TenantId, Error: Into<TenantIdError>>,
    {
        ready(self.0.restore_tenant(id))
    }

    pub(super) fn provision_role<I>(&self, id: I) -> Ready<Result<(), LifecycleError>>
    where
        I: TryInto<TenantId, Error: Into<TenantIdError>>,
    {
        ready(self.0.provision_role(id))
    }

    pub(super) fn tenant_exists<I>(&self, id: I) -> Ready<Result<bool, LifecycleError>>
    where
        I: TryInto<TenantId, Error: Into<TenantIdError>>,
    {
        ready(self.0.tenant_exists(id))
    }

    pub(super) fn list_tenants(&self) -> Ready<Result<Vec<TenantId>, LifecycleError>> {
        ready(self.0.list_tenants())
    }
}

/// Settings that both pools have.
macro_rules! settings {
    ($($setting:ident: $value:ty),+ $(,)?) => {
        $(pub(super) fn $setting(self, value: $value) -> Self {
            Self(self.0.$setting(value))
        })+
    };
}

impl TenantPoolBuilder {
    settings![
        admin_url: impl Into<String>,
        provisioning_url: impl Into<String>,
        isolation: Isolation,
        roles: Roles,
        registry: Registry,
        admission: Admission,
        pooler: Pooler,
        max_size: usize,
        wait_timeout: Duration,
    ];

    pub(super) fn allow_powerful_login(self) -> Self {
        Self(self.0.allow_powerful_login())
    }

    pub(super) fn build(self) -> Ready<Result<TenantPool, BuildError>> {
        ready(self.0.build().map(TenantPool))
    }
}

/// A pool of the driver's own, for `TenantPool::from_pool`.
#[derive(Clone)]
pub(super) struct DriverPool(Pool<ConnectionManager<PgConnection>>);

/// A new one.
pub(super) fn driver_pool(url: String, size: u32) -> DriverPool {
    DriverPool(Pool::builder().max_size(size).build(ConnectionManager::new(url)).unwrap())
}

impl DriverPool {
    pub(super) fn get(
        &self,
    ) -> Ready<Result<PooledConnection<ConnectionManager<PgConnection>>, PoolError>> {
        ready(self.0.get())
    }
}

/// Runs a case's work many times at once.
pub(super) async fn in_parallel<F, R>(
    times: usize,
    work: impl Fn(usize) -> F + Clone + Send + 'static,
) -> Vec<R>
where
    F: Future<Output = R>,
    R: Send + 'static,
{
    let spawn = |number| {
        let work = work.clone();
        std::thread::spawn(move || at_once(work(number)))
    };
    let threads: Vec<_> = (0..times).map(spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

pub(super) fn unchecked_batch_execute(
    conn: &mut TenantConnection,
    sql: &str,
) -> Ready<QueryResult<()>> {
    ready(conn.unchecked_batch_execute(sql))
}

pub(super) trait SimpleConnection: diesel::connection::SimpleConnection {
    fn batch_execute(&mut self, sql: &str) -> Ready<QueryResult<()>> {
        ready(diesel::connection::SimpleConnection::batch_execute(self, sql))
    }
}

impl<C: diesel::connection::SimpleConnection> SimpleConnection for C {}

pub(super) trait Connection: diesel::Connection {
    fn establish(url: &str) -> Ready<ConnectionResult<Self>> {
        ready(diesel::Connection::establish(url))
    }

    async fn transaction<R, E, F>(&mut self, closure: F) -> Result<R, E>
    where
        F: AsyncFnOnce(&mut Self) -> Result<R, E>,
        E: From<DieselError>,
    {
        diesel::Connection::transaction(self, |conn| at_once(closure(conn)))
    }
}

impl<C: diesel::Connection> Connection for C {}

pub(super) trait RunQueryDsl<C>: diesel::RunQueryDsl<C> {
    fn execute(self, conn: &mut C) -> Ready<QueryResult<usize>>
    where
        C: diesel::Connection,
        Self: ExecuteDsl<C>,
    {
        ready(diesel::RunQueryDsl::execute(self, conn))
    }

    fn load<'query, U>(self, conn: &mut C) -> Ready<QueryResult<Vec<U>>>
    where
        Self: LoadQuery<'query, C, U>,
    {
        ready(diesel::RunQueryDsl::load(self, conn))
    }

    fn get_result<'query, U>(self, conn: &mut C) -> Ready<QueryResult<U>>
    where
        Self: LoadQuery<'query, C, U>,
    {
        ready(diesel::RunQueryDsl::get_result(self, conn))
    }

    fn get_results<'query, U>(self, conn: &mut C) -> Ready<QueryResult<Vec<U>>>
    where
        Self: LoadQuery<'query, C, U>,
    {
        ready(diesel::RunQueryDsl::get_results(self, conn))
    }

    fn first<'query, U>(self, conn: &mut C) -> Ready<QueryResult<U>>
    where
        Self: LimitDsl,
        Limit<Self>: LoadQuery<'query, C, U>,
    {
        ready(diesel::RunQueryDsl::first(self, conn))
    }
}

impl<T: diesel::RunQueryDsl<C>, C> RunQueryDsl<C> for T {}

pub(super) trait SaveChangesDsl<C>: diesel::SaveChangesDsl<C> + Sized {
    fn save_changes<T>(self, conn: &mut C) -> Ready<QueryResult<T>>
    where
        C: UpdateAndFetchResults<Self, T>,
    {
        ready(diesel::SaveChangesDsl::save_changes(self, conn))
    }
}

impl<T, C> SaveChangesDsl<C> for T where
    T: Copy + AsChangeset<Target = <T as HasTable>::Table> + IntoUpdateTarget
{
}
