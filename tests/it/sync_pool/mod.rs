//! The sync pools, where they have ways of their own. What both kinds of pool do is in `acceptance`.

mod checkout;
mod isolation;
mod login;
mod round_trips;
mod scope;

use diesel::PgConnection;
use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use tenants_diesel::sync::{TenantPool, TenantPoolBuilder};
use tenants_diesel::{Isolation, TenantId};
use tenants_tests::Database;
use tenants_tests::schema::*;
use tokio::runtime::{self, Runtime};

use crate::wire::Wire;

type RawPool = Pool<ConnectionManager<PgConnection>>;

fn database() -> Database {
    isolated_by(Isolation::SharedRole)
}

fn isolated_by(isolation: Isolation) -> Database {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Database::isolated_by(isolation))
}

/// The way to the server for the runtime login, as long as the runtime lives that forwards it.
fn over_wire(db: &Database) -> (Wire, Runtime) {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.unwrap();
    let wire = runtime.block_on(Wire::before(&db.url("app_login")));
    (wire, runtime)
}

fn builder(db: &Database) -> TenantPoolBuilder {
    TenantPool::builder(db.url("app_login"))
        .admin_url(db.url("admin_login"))
        .provisioning_url(db.url("provisioner"))
        .registry(text_registry())
}

/// Tenants `a` and `b`, each with one post titled like itself.
fn two_tenants(pool: &TenantPool) -> (TenantId, TenantId) {
    let [a, b] = ["a", "b"].map(|id| pool.create_tenant(id).unwrap());
    for tenant in [&a, &b] {
        insert(&mut pool.get(tenant).unwrap(), tenant.as_str()).unwrap();
    }
    (a, b)
}

/// A pool of one connection, so that each checkout gets what the one before left.
fn one_connection(db: &Database) -> (TenantPool, TenantId, TenantId) {
    let pool = builder(db).max_size(1).build().unwrap();
    let (a, b) = two_tenants(&pool);
    (pool, a, b)
}

/// The same over a pool whose raw connections the test can look at.
fn one_raw_connection(db: &Database) -> (RawPool, TenantPool, TenantId, TenantId) {
    let manager = ConnectionManager::new(db.url("app_login"));
    let raw = Pool::builder().max_size(1).test_on_check_out(false).build(manager).unwrap();
    let pool = TenantPool::from_pool(raw.clone()).provisioning_url(db.url("provisioner"));
    let pool = pool.registry(text_registry()).build().unwrap();
    let (a, b) = two_tenants(&pool);
    (raw, pool, a, b)
}

fn insert<C>(conn: &mut C, title: &str) -> QueryResult<usize>
where
    C: LoadConnection<Backend = Pg>,
{
    diesel::insert_into(posts::table).values(&NewPost { title }).execute(conn)
}

/// Without a filter, as a hurried developer writes it.
fn titles<C>(conn: &mut C) -> QueryResult<Vec<String>>
where
    C: LoadConnection<Backend = Pg>,
{
    posts::table.select(posts::title).order(posts::title).load(conn)
}

fn raw<C>(conn: &mut C, sql: &str) -> QueryResult<usize>
where
    C: LoadConnection<Backend = Pg>,
{
    diesel::sql_query(sql).execute(conn)
}

fn text<C>(conn: &mut C, expression: &str) -> String
where
    C: LoadConnection<Backend = Pg>,
{
    diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(expression))
        .get_result(conn)
        .unwrap()
}

/// Tells physical connections apart.
fn backend<C>(conn: &mut C) -> String
where
    C: LoadConnection<Backend = Pg>,
{
    text(conn, "pg_backend_pid()::text")
}

fn run_as(db: &Database, login: &str, sql: &str) {
    PgConnection::establish(&db.url(login)).unwrap().batch_execute(sql).unwrap();
}

/// Lets everybody make temporary tables again.
fn grant_temporary(db: &Database) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(db.grant_temporary());
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: QueryResult<T>) {
    let message = result.unwrap_err().to_string();
    let is_refusal = ["permission denied", "row-level security"].map(|text| message.contains(text));
    assert!(is_refusal.contains(&true), "{message}");
}
