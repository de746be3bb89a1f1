//! placeholder while the workspace is laid out
#[cfg(feature = "cli")]
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
mod describe;
#[cfg(feature = "migrations")]
pub mod migrations;

pub use tenants_core::{
    GlobalAccess, Identifier, IdentifierError, Isolation, Registry, RegistryError, Roles, Table,
    TenantId, TenantIdError, WithRls,
};
pub use tenants_derive::WithRls;

/// For the code that `#[derive(WithRls)]` writes.
#[doc(hidden)]
pub mod __private {
    pub use crate::describe::{DescribableTable, TenantSqlType, global, per_tenant};
    pub use diesel;
    pub use tenants_core::__private::inventory;
    pub use tenants_core::{
        Declaration, GlobalAccess, Identifier, IdentifierError, Registration, Table, WithRls,
    };
}
