//! The two roles, and what isolates tenants from each other.

use crate::quote::Identifier;

/// The cluster-wide roles that policies and grants name.
///
/// Both are NOLOGIN and own nothing. They are shared by all databases of a cluster; what they may
/// do is granted in each database on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The runtime role: scoped code runs as it, or as a tenant role that inherits from it.
    pub app: Identifier,
    /// The role for cross-tenant work.
    pub admin: Identifier,
}

impl Default for Roles {
    fn default() -> Self {
        Self { app: Identifier::fixed("tenants_app"), admin: Identifier::fixed("tenants_admin") }
    }
}

/// How the database tells tenants apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// All tenants run as [`Roles::app`]; the setting `tenants.tenant` names the tenant.
    /// Creating a tenant is one row.
    #[default]
    SharedRole,
    /// Each tenant runs as its own role, `tenant_<id>`, which inherits from [`Roles::app`].
    /// Creating a tenant needs CREATEROLE, ids are at most 56 bytes, and PostgreSQL plans a
    /// statement anew whenever the role of a connection changes. Databases of one cluster that have
    /// tenants of the same id share their roles, and need the same [`Roles::app`].
    RolePerTenant,
}
