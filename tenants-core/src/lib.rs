#![doc = include_str!("../README.md")]

pub mod backfill;
pub mod catalog;
pub mod ddl;
pub mod denial;
pub mod doctor;
pub mod install;
pub mod lifecycle;
pub mod login;
pub mod observation;
pub mod plan;
pub mod rehearsal;
pub mod rows;
pub mod scope;
pub mod setup;
pub mod signature;
pub mod store;

mod quote;
mod registry;
mod roles;
mod shown;
mod table;
mod tenant_id;

pub use quote::{
    Deparsed, Identifier, IdentifierError, Literal, MAX_IDENTIFIER_BYTES, OperatorSql, Sql,
    TableName,
};
pub use registry::{Registration, Registry, RegistryError};
pub use roles::{Isolation, Roles};
pub use shown::Shown;
pub use table::{Declaration, GlobalAccess, Keys, Table, Tenancy, TenantType, WithRls};
pub use tenant_id::{TenantId, TenantIdError};

#[doc(hidden)]
pub mod __private {
    pub use inventory;
}
