#![doc = include_str!("../README.md")]
#![allow(clippy::needless_doctest_main, reason = "the README shows a whole program")]

#[cfg(any(feature = "async", feature = "sync"))]
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(any(feature = "async", feature = "sync"))]
#[allow(clippy::disallowed_methods, reason = "asks the server how it denies")]
mod denied;
mod describe;
#[cfg(any(feature = "async", feature = "sync"))]
pub mod doctor;
#[cfg(any(feature = "async", feature = "sync"))]
mod error;
mod global;
#[cfg(any(feature = "async", feature = "sync"))]
#[allow(clippy::disallowed_methods, reason = "sends what `tenants_core::lifecycle` holds")]
mod lifecycle;
#[cfg(any(feature = "async", feature = "sync"))]
#[allow(clippy::disallowed_methods, reason = "asks the server for the login's rights")]
mod login;
#[cfg(any(feature = "async", feature = "sync"))]
mod messages;
#[cfg(feature = "migrations")]
pub mod migrations;
#[cfg(feature = "async")]
mod pool;
#[cfg(any(feature = "async", feature = "sync"))]
mod raw;
#[cfg(any(feature = "async", feature = "sync"))]
mod settings;
#[cfg(any(feature = "async", feature = "sync"))]
#[allow(
    clippy::disallowed_methods,
    reason = "asks what a signature is bound to, and what it proves"
)]
mod signer;
#[cfg(any(feature = "async", feature = "sync"))]
pub mod store;
#[cfg(feature = "sync")]
pub mod sync;
mod with_rls;

#[cfg(any(feature = "async", feature = "sync"))]
pub use denied::Denied;
#[cfg(any(feature = "async", feature = "sync"))]
pub use error::{BuildError, CheckError, CheckoutError, LifecycleError, ScopeError, SigningError};
#[cfg(feature = "async")]
pub use pool::{
    AdminConnection, AsyncClosure, RowStream, ScopedConnection, ScopedTransactionManager,
    TenantConnection, TenantPool, TenantPoolBuilder,
};
#[cfg(any(feature = "async", feature = "sync"))]
pub use settings::{AdminReason, Pooler, Status};
pub use tenants_core::denial::DeniedBy;
pub use tenants_core::login::{DatabaseProblem, LoginProblem};
pub use tenants_core::scope::Admission;
pub use tenants_core::signature::{SigningKey, SigningKeyError};

pub use tenants_core::{
    GlobalAccess, Identifier, IdentifierError, Isolation, Keys, Registry, RegistryError, Roles,
    Table, Tenancy, TenantId, TenantIdError, WithRls,
};
pub use with_rls::WithRls;

/// For the code that `#[derive(WithRls)]` writes.
#[doc(hidden)]
pub mod __private {
    pub use crate::describe::{
        DescribableTable, Description, HasColumn, HasDefaultColumn, TenantSqlType, child_of,
        composite_keys, global, per_tenant,
    };
    pub use tenants_core::__private::inventory;
    pub use tenants_core::{Declaration, GlobalAccess, Registration, WithRls};
}
