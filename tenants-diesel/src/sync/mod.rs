//! Sync pools, over [`diesel::PgConnection`] and [`diesel::r2d2`].
//!
//! The same names and verbs as the async pools at the root of this crate, without `.await`:
//!
//! - [`TenantPool`] hands out connections, and creates and deletes tenants;
//! - [`TenantPoolBuilder`] makes one, after it has looked at the login;
//! - [`ScopedConnection`] is what applications hold.
//!
//! libpq waits for the answer to each message, so a scope costs round trips of its own;
//! [`TenantPool`] says how many.

mod builder;
mod check;
mod checkout;
#[allow(clippy::disallowed_methods, reason = "implements `batch_execute`, to refuse it")]
mod connection;
#[allow(clippy::disallowed_methods, reason = "runs what `tenants_core::doctor` holds")]
mod doctor;
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::scope` renders")]
mod engine;
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::lifecycle` holds")]
mod lifecycle;
mod signing;
pub mod store;
mod tenant_pool;
mod transaction;
mod url;

pub use builder::TenantPoolBuilder;
pub use connection::{
    AdminConnection, ScopedConnection, ScopedTransactionManager, TenantConnection,
};
pub use doctor::examine;
pub use store::TenantStore;
pub use tenant_pool::TenantPool;
