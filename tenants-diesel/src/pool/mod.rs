//! Async pools, over diesel-async and deadpool.
//!
//! - [`TenantPool`] hands out connections, and creates and deletes tenants;
//! - [`TenantPoolBuilder`] makes one, after it has looked at the login;
//! - [`ScopedConnection`] is what applications hold.

mod backends;
mod builder;
mod check;
mod closure;
#[allow(clippy::disallowed_methods, reason = "implements `batch_execute`, to refuse it")]
mod connection;
#[allow(clippy::disallowed_methods, reason = "runs what `tenants_core::doctor` holds")]
mod doctor;
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::scope` renders")]
mod engine;
mod leaving;
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::lifecycle` holds")]
mod lifecycle;
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::scope` renders")]
mod pipeline;
mod prepared;
mod rows;
mod signing;
mod tenant_pool;
mod transaction;

pub use builder::TenantPoolBuilder;
#[cfg(feature = "cli")]
pub(crate) use check::read_catalog_within;
pub use check::{read_catalog, read_functions};
pub use closure::AsyncClosure;
pub use connection::{
    AdminConnection, ScopedConnection, ScopedTransactionManager, TenantConnection,
};
pub use doctor::examine;
pub use rows::RowStream;
pub use tenant_pool::TenantPool;
