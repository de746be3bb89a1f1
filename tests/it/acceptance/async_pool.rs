//! The cases on `TenantPool`, and the names in which it differs from other pools.

#![allow(clippy::duplicate_mod, reason = "each kind of pool runs the same cases")]

use std::future::Future;

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use tenants_tests::Database;

use super::check::Case;
use crate::wire::Fault;

pub(super) use diesel_async::{
    AsyncConnection as Connection, RunQueryDsl, SaveChangesDsl,
    SimpleAsyncConnection as SimpleConnection,
};
pub(super) use tenants_diesel::{TenantConnection, TenantPool, TenantPoolBuilder};

#[path = "world.rs"]
mod world;

#[path = "admin.rs"]
mod admin;
#[path = "databases.rs"]
mod databases;
#[path = "denied.rs"]
mod denied;
#[path = "entering.rs"]
mod entering;
#[path = "errors.rs"]
mod errors;
#[path = "faults.rs"]
mod faults;
#[path = "gates.rs"]
mod gates;
#[path = "grants.rs"]
mod grants;
#[path = "ids.rs"]
mod ids;
#[path = "lifecycle.rs"]
mod lifecycle;
#[path = "logins.rs"]
mod logins;
#[path = "mutation.rs"]
mod mutation;
#[path = "owner.rs"]
mod owner;
#[path = "panics.rs"]
mod panics;
#[path = "pooling.rs"]
mod pooling;
#[path = "queries.rs"]
mod queries;
#[path = "reads.rs"]
mod reads;
#[path = "residues.rs"]
mod residues;
#[path = "scopes.rs"]
mod scopes;
#[path = "types.rs"]
mod types;
#[path = "writes.rs"]
mod writes;

#[path = "cancellation.rs"]
mod cancellation;
#[path = "connecting.rs"]
mod connecting;

/// Cases of this kind of pool alone, for the mutation tests.
const OWN_CASES: &[Case<world::World>] = cancellation::CASES;

/// A pool as an application would build it.
pub(super) fn builder(database: &Database) -> TenantPoolBuilder {
    database.builder()
}

/// A pool of the driver's own, for `TenantPool::from_pool`.
pub(super) type DriverPool = Pool<AsyncPgConnection>;

/// A new one.
pub(super) fn driver_pool(url: String, size: usize) -> DriverPool {
    Pool::builder(AsyncDieselConnectionManager::new(url)).max_size(size).build().unwrap()
}

/// Runs a case's work many times at once.
pub(super) async fn in_parallel<F, R>(times: usize, work: impl Fn(usize) -> F) -> Vec<R>
where
    F: Future<Output = R> + Send + 'static,
    R: Send + 'static,
{
    let tasks: Vec<_> = (0..times).map(|number| tokio::spawn(work(number))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

pub(super) async fn unchecked_batch_execute(
    conn: &mut TenantConnection,
    sql: &str,
) -> QueryResult<()> {
    conn.unchecked_batch_execute(sql).await
}

/// What befalls a request in the gate matrix: a future that hears nothing can be dropped.
pub(super) fn faults() -> Vec<Fault> {
    [&Fault::TOLD[..], &Fault::UNTOLD].concat()
}
