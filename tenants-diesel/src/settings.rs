//! What async and sync pools have in common.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tenants_core::denial::Denials;
use tenants_core::login::SigningExpectation;
use tenants_core::scope::{Access, Admission, Entry, Login, Scope, Subject};
use tenants_core::signature::SigningKey;
use tenants_core::{Identifier, Isolation, Registry, TenantId, TenantIdError, TenantType};

use crate::error::BuildError;
use crate::signer::Signer;

/// What stands between the pool and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooler {
    /// Nothing, or a pooler that gives each client a session of its own.
    #[default]
    None,
    /// A pooler in transaction mode, such as PgBouncer with `pool_mode = transaction`. It hands
    /// session state to other clients, so `get` and `admin` refuse, and scopes last for a transaction.
    ///
    /// The async pool prepares statements, which PgBouncer carries from 1.21 on, with
    /// `max_prepared_statements` above 0. The sync pool does without.
    Transaction,
}

/// Why cross-tenant work is done; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminReason(pub(crate) String);

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
const MAX_CONNECTIONS: usize = 262_143;

/// Settings of a builder that can contradict each other.
pub(crate) struct Settings<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) pooler: Pooler,
    pub(crate) max_size: usize,
    pub(crate) limits: &'a [(&'static str, Option<Duration>)],
    pub(crate) provisions: bool,
    pub(crate) signing: &'a SigningSettings,
}

impl Settings<'_> {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        match self.max_size {
            0 => return Err(BuildError::NoConnections),
            1..=MAX_CONNECTIONS => {}
            _ => return Err(BuildError::TooManyConnections { max: MAX_CONNECTIONS }),
        }
        if let Some(&(setting, _)) =
            self.limits.iter().find(|(_, limit)| *limit == Some(Duration::ZERO))
        {
            return Err(BuildError::ZeroTimeout { setting });
        }
        self.signing.check()?;
        if self.scope.login == Login::Powerful && self.pooler == Pooler::Transaction {
            return Err(BuildError::PowerfulBehindPooler);
        }
        match self.scope.isolation {
            Isolation::SharedRole => Ok(()),
            Isolation::RolePerTenant => self.check_roles(),
        }
    }

    fn check_roles(&self) -> Result<(), BuildError> {
        let Scope { roles, admission, .. } = self.scope;
        for role in [&roles.app, &roles.admin] {
            if role.as_str().starts_with(TenantId::ROLE_PREFIX) {
                return Err(BuildError::RoleNamedLikeTenant { role: role.as_str().to_owned() });
            }
        }
        if *admission == Admission::CreateIfMissing && !self.provisions {
            return Err(BuildError::NoProvisioningUrl);
        }
        Ok(())
    }
}

/// How a pool signs its scopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct SigningSettings {
    pub(crate) key: Option<SigningKey>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) allows_unsigned_guards: bool,
}

impl SigningSettings {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

    fn check(&self) -> Result<(), BuildError> {
        let fits = |lifetime: &Duration| (Self::SHORTEST..=Self::LONGEST).contains(lifetime);
        match (&self.key, &self.lifetime) {
            (None, None) if !self.allows_unsigned_guards => Ok(()),
            (None, _) => Err(BuildError::NoSigningKey),
            (Some(_), lifetime) if lifetime.as_ref().is_none_or(fits) => Ok(()),
            _ => Err(BuildError::SignatureLifetime {
                shortest: Self::SHORTEST,
                longest: Self::LONGEST,
            }),
        }
    }

    /// What the guards of a pool's tables must ask for.
    pub(crate) fn expectation(&self) -> SigningExpectation {
        match (&self.key, self.allows_unsigned_guards) {
            (None, _) => SigningExpectation::Off,
            (Some(_), true) => SigningExpectation::Either,
            (Some(_), false) => SigningExpectation::On,
        }
    }

    pub(crate) fn signer(&self, pooler: Pooler) -> Option<Arc<Signer>> {
        self.key.clone().map(|key| Arc::new(Signer::new(key, self.lifetime, pooler)))
    }
}

/// Renders the scopes of one pool, for ids that fit its tables.
#[derive(Debug, Clone)]
pub(crate) struct Scoping {
    pub(crate) scope: Scope,
    /// The types of the registered tenant columns.
    pub(crate) tenant_types: BTreeSet<TenantType>,
    /// The types of all tenant columns of the database, of other programs' tables too.
    policy_types: BTreeSet<TenantType>,
    /// How the server denies what scoped code may not do.
    pub(crate) denials: Arc<Denials>,
    /// Whether policies record what they let through.
    pub(crate) observes: bool,
}

impl Scoping {
    pub(crate) fn new(
        scope: Scope,
        registry: &Registry,
        policy_types: BTreeSet<TenantType>,
        denials: Denials,
        observes: bool,
    ) -> Self {
        let tenant_types = registry.tenant_types();
        Self { scope, tenant_types, policy_types, denials: Arc::new(denials), observes }
    }

    /// Refuses another spelling of a tenant's id, which the database would take for that tenant.
    pub(crate) fn check(&self, tenant: &TenantId) -> Result<(), TenantIdError> {
        self.tenant_types.iter().try_for_each(|&column| tenant.fits(column))?;
        self.policy_types.iter().try_for_each(|&column| tenant.is_no_alias(column))
    }

    pub(crate) fn session(&self, subject: Subject<'_>) -> Result<Entry, TenantIdError> {
        self.check_subject(subject)?;
        self.scope.session(subject)
    }

    pub(crate) fn begin(
        &self,
        subject: Subject<'_>,
        access: Access,
    ) -> Result<Entry, TenantIdError> {
        self.check_subject(subject)?;
        self.scope.begin(subject, access)
    }

    /// The same scopes, which also create missing tenants.
    pub(crate) fn create_if_missing(&self) -> Self {
        let mut creating = self.clone();
        creating.scope.admission = Admission::CreateIfMissing;
        creating
    }

    /// The role whose name tells the tenant's, where tenants have one.
    pub(crate) fn tenant_role(
        &self,
        subject: Subject<'_>,
    ) -> Result<Option<Identifier>, TenantIdError> {
        match (subject, self.scope.isolation) {
            (Subject::Tenant(tenant), Isolation::RolePerTenant) => tenant.role().map(Some),
            _ => Ok(None),
        }
    }

    fn check_subject(&self, subject: Subject<'_>) -> Result<(), TenantIdError> {
        match subject {
            Subject::Tenant(tenant) => self.check(tenant),
            Subject::Admin => Ok(()),
        }
    }
}

/// Adds a start-up option to a URL or to a `key=value` connection string; `None` if it has some.
pub(crate) fn with_options(url: &str, options: &str) -> Option<String> {
    if url.contains("options=") {
        return None;
    }
    if !url.contains("://") {
        let escaped = options.replace('\\', "\\\\").replace('\'', "\\'");
        return Some(format!("{url} options='{escaped}'"));
    }
    // A password may hold a `?`, which is part of it up to the `@`.
    let behind_password = url.split_once('@').map_or(url, |(_, rest)| rest);
    let separator = if behind_password.contains('?') { '&' } else { '?' };
    let encoded: String = options
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    Some(format!("{url}{separator}options={encoded}"))
}

#[cfg(test)]
mod tests {
    use super::with_options;

    #[test]
    fn the_start_up_role_fits_every_form_of_connection_string() {
        let role = r"-c role=my\ app";
        assert_eq!(
            with_options("postgres://u@h/db", role).as_deref(),
            Some("postgres://u@h/db?options=-c%20role%3Dmy%5C%20app")
        );
        assert_eq!(
            with_options("postgres://u@h/db?a=b", "-c role=x").as_deref(),
            Some("postgres://u@h/db?a=b&options=-c%20role%3Dx")
        );
        assert_eq!(
            with_options("postgres://u:why?@h/db", "-c role=x").as_deref(),
            Some("postgres://u:why?@h/db?options=-c%20role%3Dx")
        );
        assert_eq!(
            with_options("host=h user=u", role).as_deref(),
            Some(r"host=h user=u options='-c role=my\\ app'")
        );
        assert_eq!(with_options("postgres://h/db?options=-c%20x%3D1", role), None);
    }
}
