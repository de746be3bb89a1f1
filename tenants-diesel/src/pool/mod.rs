//! Async pools, over diesel-async and deadpool.
//!
//! - [`TenantPool`] hands out connections, and creates and deletes tenants;
//! - [`TenantPoolBuilder`] makes one, after it has looked at the login;
//! - [`ScopedConnection`] is what applications hold.

mod builder;
mod closure;
mod connection;
mod engine;
mod lifecycle;
mod rows;
mod tenant_pool;
mod transaction;

pub use builder::TenantPoolBuilder;
pub use closure::AsyncClosure;
pub use connection::{
    AdminConnection, ScopedConnection, ScopedTransactionManager, TenantConnection,
};
pub use rows::RowStream;
pub use tenant_pool::TenantPool;
