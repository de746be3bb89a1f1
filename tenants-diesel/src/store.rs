//! Records of tenants, in PostgreSQL and elsewhere.

mod carriers;
mod codec;
mod connection;
mod operations;
mod rows;

pub use codec::{SecretCodec, Unsealed};
pub use connection::StoreConnection;
pub use tenants_core::store::*;
