//! Records of tenants, in PostgreSQL and elsewhere.

mod carriers;
mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connection;
#[cfg(feature = "async")]
mod database_store;
#[cfg(feature = "async")]
mod memory_async;
mod memory_store;
mod operations;
mod query;
mod rows;
#[cfg(feature = "async")]
mod tenant_store;

pub use codec::{SecretCodec, Unsealed};
pub use connection::StoreConnection;
#[cfg(feature = "async")]
pub use database_store::DatabaseStore;
pub use memory_store::MemoryStore;
pub use operations::Operations;
pub(crate) use operations::Settings;
#[cfg(feature = "async")]
pub use tenant_store::TenantStore;
pub use tenants_core::store::*;
