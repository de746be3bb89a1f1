//! What async and sync pools have in common.

use std::collections::BTreeSet;

use tenants_core::scope::{Access, Admission, Scope, Subject};
use tenants_core::{Registry, Sql, TenantId, TenantIdError, TenantType};

/// What stands between the pool and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooler {
    /// Nothing, or a pooler that gives each client a session of its own.
    #[default]
    None,
    /// A pooler in transaction mode, such as PgBouncer with `pool_mode = transaction`. It hands
    /// session state to other clients, so `get` and `admin` refuse, and scopes last for a transaction.
    Transaction,
}

/// How many connections a pool has, and of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The greatest number of connections.
    pub max_size: usize,
    /// Open connections.
    pub size: usize,
    /// Open connections that nobody uses.
    pub available: usize,
    /// Callers that wait for a connection.
    pub waiting: usize,
}

/// The greatest `max_connections` that PostgreSQL accepts.
pub(crate) const MAX_CONNECTIONS: usize = 262_143;

/// Renders the scopes of one pool, for ids that fit its tables.
#[derive(Debug, Clone)]
pub(crate) struct Scoping {
    pub(crate) scope: Scope,
    /// The types of the registered tenant columns.
    pub(crate) tenant_types: BTreeSet<TenantType>,
}

impl Scoping {
    pub(crate) fn new(scope: Scope, registry: &Registry) -> Self {
        Self { scope, tenant_types: registry.tenant_types() }
    }

    /// Refuses another spelling of a tenant's id, which the database would take for that tenant.
    pub(crate) fn check(&self, tenant: &TenantId) -> Result<(), TenantIdError> {
        self.tenant_types.iter().try_for_each(|&column| tenant.fits(column))
    }

    pub(crate) fn session(&self, subject: Subject<'_>) -> Result<[Sql; 3], TenantIdError> {
        self.check_subject(subject)?;
        self.scope.session(subject)
    }

    pub(crate) fn begin(
        &self,
        subject: Subject<'_>,
        access: Access,
    ) -> Result<Vec<Sql>, TenantIdError> {
        self.check_subject(subject)?;
        self.scope.begin(subject, access)
    }

    /// The same scopes, which also create missing tenants.
    pub(crate) fn create_if_missing(&self) -> Self {
        let mut creating = self.clone();
        creating.scope.admission = Admission::CreateIfMissing;
        creating
    }

    fn check_subject(&self, subject: Subject<'_>) -> Result<(), TenantIdError> {
        match subject {
            Subject::Tenant(tenant) => self.check(tenant),
            Subject::Admin => Ok(()),
        }
    }
}
