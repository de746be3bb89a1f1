//! Records of tenants, in PostgreSQL, SQLite, MySQL and MariaDB, or in memory. Not in Microsoft SQL Server, for which
//! Diesel has no back end: a store of your own implements [`TenantStore`], and `store_conformance!` tests it.

#[cfg(feature = "cache")]
pub(crate) mod cache;
#[cfg(all(feature = "cache", feature = "async"))]
mod cached_store;
mod carriers;
mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connection;
#[cfg(feature = "async")]
mod database_store;
#[cfg(all(feature = "cache", feature = "async"))]
mod flights;
mod install;
#[cfg(all(feature = "cache", feature = "async"))]
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::store::notice` holds")]
mod listener;
#[cfg(feature = "async")]
mod memory_async;
mod memory_store;
mod operations;
mod query;
mod rows;
#[cfg(feature = "async")]
mod tenant_store;
#[cfg(all(feature = "async", feature = "sync"))]
mod threaded;
mod transaction;

#[cfg(feature = "cache")]
pub use cache::{CacheError, CacheStatistics};
#[cfg(all(feature = "cache", feature = "async"))]
pub use cached_store::{CachedStore, CachedStoreBuilder};
pub use codec::{SecretCodec, Unsealed};
pub use connection::StoreConnection;
#[cfg(feature = "async")]
pub use database_store::DatabaseStore;
#[cfg(all(feature = "cache", feature = "async"))]
pub use listener::{ListenError, Listener};
pub use memory_store::MemoryStore;
pub use operations::Operations;
#[cfg(any(feature = "cli", feature = "sync"))]
pub(crate) use operations::Settings;
#[cfg(feature = "async")]
pub use tenant_store::TenantStore;
pub use tenants_core::store::*;
#[cfg(all(feature = "async", feature = "sync"))]
pub use threaded::Threaded;
