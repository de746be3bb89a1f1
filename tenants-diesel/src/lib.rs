//! placeholder while the workspace is laid out
mod describe;
mod error;
#[cfg(any(feature = "async", feature = "sync"))]
mod lifecycle;
#[cfg(any(feature = "async", feature = "sync"))]
mod login;
#[cfg(feature = "async")]
mod pool;
#[cfg(any(feature = "async", feature = "sync"))]
mod settings;
#[cfg(feature = "sync")]
pub mod sync;

pub use error::{BuildError, CheckoutError, LifecycleError, ScopeError};
#[cfg(feature = "async")]
pub use pool::{
    AdminConnection, AsyncClosure, RowStream, ScopedConnection, ScopedTransactionManager,
    TenantConnection, TenantPool, TenantPoolBuilder,
};
#[cfg(any(feature = "async", feature = "sync"))]
pub use settings::{AdminReason, Pooler, Status};
pub use tenants_core::login::LoginProblem;
pub use tenants_core::scope::Admission;

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
