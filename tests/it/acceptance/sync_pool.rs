//! The cases on `sync::TenantPool`, through the adapter in [`ready`](super::ready).

#![allow(clippy::duplicate_mod, reason = "each kind of pool runs the same cases")]

use tenants_tests::Database;
use tenants_tests::schema::text_registry;

use super::check::Case;
use crate::wire::Fault;

pub(super) use super::ready::{
    Connection, DriverPool, RunQueryDsl, SaveChangesDsl, SimpleConnection, TenantConnection,
    TenantPool, TenantPoolBuilder, driver_pool, in_parallel, unchecked_batch_execute,
};

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

/// Cases of this kind of pool alone, for the mutation tests: there is no future to be dropped.
const OWN_CASES: &[Case<world::World>] = &[];

/// A pool as an application would build it.
pub(super) fn builder(database: &Database) -> TenantPoolBuilder {
    TenantPool::builder(database.url("app_login"))
        .admin_url(database.url("admin_login"))
        .provisioning_url(database.url("provisioner"))
        .isolation(database.isolation())
        .registry(text_registry())
}

/// What befalls a request in the gate matrix: a call that hears nothing would wait for ever.
pub(super) fn faults() -> Vec<Fault> {
    Fault::TOLD.to_vec()
}
