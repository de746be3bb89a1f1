//! What can go wrong, one enum for each operation.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tenants_core::denial::DeniedBy;
use tenants_core::lifecycle::Refusal;
use tenants_core::login::{DatabaseProblem, LoginProblem};
use tenants_core::{Identifier, RegistryError, TenantIdError};
use thiserror::Error;

use crate::catalog::CatalogError;
use crate::denied::Denied;

/// A cause whose type belongs to a driver.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a scope does not hold, met by a statement on a scoped connection.
///
/// Diesel's traits fix the error type of a statement, so this one travels inside
/// [`diesel::result::Error::QueryBuilderError`]; [`ScopeError::of`] finds it there.
///
/// # Examples
///
/// ```
/// use tenants_diesel::ScopeError;
///
/// fn status(error: &diesel::result::Error) -> u16 {
///     match ScopeError::of(error) {
///         Some(ScopeError::UnknownTenant | ScopeError::InactiveTenant) => 404,
///         Some(ScopeError::SuspendedTenant) => 403,
///         _ => 500,
///     }
/// }
/// assert_eq!(status(&ScopeError::UnknownTenant.into()), 404);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// The database knows no such tenant.
    #[error(
        "there is no such tenant: create it with `create_tenant`, or let the pool do so with `create_if_missing`"
    )]
    UnknownTenant,
    /// The tenant was suspended, until somebody activates it.
    #[error("the tenant is suspended: it is served again once it is activated")]
    SuspendedTenant,
    /// The tenant exists, but is deleted, or something is being made or destroyed for it.
    #[error("the tenant is not active: it is deleted, or being made or destroyed")]
    InactiveTenant,
    /// With one role per tenant: the server did not let the login become the tenant's role. Its own
    /// message names the role, and so the tenant; this one takes its place.
    ///
    /// With `Admission::Off` this is all that tells an unknown tenant.
    #[error(
        "the tenant's role is not there, or the login may not become it: make or repair it with `provision_role`, or all of them with `tenants setup`"
    )]
    NoTenantRole,
    /// Code that used this connection before left a transaction open with a raw `BEGIN`.
    #[error(
        "an earlier user of this pooled connection left a transaction open with a raw `BEGIN`; the connection is closed: use `conn.transaction` instead"
    )]
    OpenTransaction,
    /// Role or tenant were changed inside the transaction, which is rolled back.
    #[error(
        "the role or tenant was changed inside the transaction by a raw statement; the transaction is rolled back and the connection is closed"
    )]
    ScopeLost,
    /// The scope could not be entered, and no statement runs without one.
    #[error("the scope of this connection could not be entered; check out another one")]
    NotEntered,
    /// A future of this connection was dropped before it was done, or an operation panicked.
    #[error("an earlier operation on this connection was cancelled; check out another one")]
    Cancelled,
    /// `batch_execute` could leave the scope, so scoped connections refuse it.
    #[error(
        "a scoped connection does not run `batch_execute`, whose statements could leave the scope: run them one by one with `diesel::sql_query`, open transactions with `conn.transaction`, or call `unchecked_batch_execute`"
    )]
    BatchRefused,
    /// A raw statement would begin or end a transaction, and Diesel would not know.
    #[error(
        "a scoped connection does not run raw transaction control, of which Diesel would not know: use `conn.transaction`, and raw savepoints inside of it"
    )]
    TransactionControl,
    /// The guards ask for a signature, and this pool makes none.
    #[error(
        "this database accepts signed scopes alone: give the builder the key that `tenants key add` made (`signed`)"
    )]
    NotSigned,
    /// The signature is none of this connection's, or its key was removed.
    #[error(
        "the signature of the scope is not valid: its key was removed (`tenants key list`), or a statement changed `tenants.scope`"
    )]
    SignatureInvalid,
    /// The transaction began after the signature had run out.
    #[error(
        "the signature of the scope has expired before its transaction began, or its key has retired: raise `signature_lifetime`, or give the pool the new key (`rotate_key`)"
    )]
    SignatureExpired,
    /// Scoped connections come from a pool.
    #[error("a scoped connection cannot be established from a URL: check it out of a `TenantPool`")]
    NotFromPool,
}

impl ScopeError {
    /// Finds the scope error in an error that a statement returned.
    #[must_use]
    pub fn of(error: &DieselError) -> Option<Self> {
        match error {
            DieselError::QueryBuilderError(cause) => cause.downcast_ref().copied(),
            _ => None,
        }
    }

    /// Recognises a refusal of our own database functions.
    pub(crate) fn of_refusal(refusal: Refusal) -> Option<Self> {
        match refusal {
            Refusal::UnknownTenant => Some(Self::UnknownTenant),
            Refusal::SuspendedTenant => Some(Self::SuspendedTenant),
            Refusal::InactiveTenant | Refusal::DeletedTenant => Some(Self::InactiveTenant),
            Refusal::OpenTransaction => Some(Self::OpenTransaction),
            Refusal::ScopeLost => Some(Self::ScopeLost),
            Refusal::UnsignedScope => Some(Self::NotSigned),
            Refusal::InvalidSignature => Some(Self::SignatureInvalid),
            Refusal::ExpiredSignature => Some(Self::SignatureExpired),
            _ => None,
        }
    }
}

impl From<ScopeError> for DieselError {
    fn from(error: ScopeError) -> Self {
        Self::QueryBuilderError(Box::new(error))
    }
}

/// Names the refusal in an error of one of our own database functions.
pub(crate) fn refusal(error: &DieselError) -> Option<Refusal> {
    match error {
        DieselError::DatabaseError(_, details) => {
            details.constraint_name().and_then(Refusal::from_constraint_name)
        }
        _ => None,
    }
}

/// Turns the refusal of a scope message into the typed error, and leaves every other error alone.
pub(crate) fn typed(error: DieselError) -> DieselError {
    match refusal(&error).and_then(ScopeError::of_refusal) {
        Some(scope_error) => scope_error.into(),
        None => error,
    }
}

/// The same for a statement in scope, which only the guards refuse: other refusals belong to who called the
/// function.
pub(crate) fn of_guard(error: DieselError) -> DieselError {
    match refusal(&error) {
        Some(Refusal::UnsignedScope | Refusal::InvalidSignature | Refusal::ExpiredSignature) => {
            typed(error)
        }
        _ => error,
    }
}

/// Whether the server refused the signature of the scope. What the connection knows of the server, such as
/// the time there, may be wrong, so it is asked anew on another one.
pub(crate) fn is_unproved(error: &DieselError) -> bool {
    matches!(
        ScopeError::of(error),
        Some(ScopeError::SignatureInvalid | ScopeError::SignatureExpired)
    )
}

/// Whether a constraint or another transaction is in the way of a `COMMIT`.
pub(crate) fn is_conflict(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::RestrictViolation
                | DatabaseErrorKind::ExclusionViolation
                | DatabaseErrorKind::CheckViolation
                | DatabaseErrorKind::NotNullViolation,
            _
        )
    )
}

/// Whether this is an error of the server's own of which Diesel does not tell the kind.
pub(crate) fn is_untold(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, _))
        && refusal(error).is_none()
}

/// Whether the server said the same twice. Diesel hides SQLSTATEs and texts are translated, so an
/// error is recognised by having the server say it once more.
pub(crate) fn says_the_same(error: &DieselError, again: &DieselError) -> bool {
    match (error, again) {
        (DieselError::DatabaseError(_, one), DieselError::DatabaseError(_, other)) => {
            one.message() == other.message()
        }
        _ => false,
    }
}

/// Replaces an error of the server's own to a scope message that names the tenant's role:
/// `role "tenant_.." does not exist`.
///
/// Diesel hides the SQLSTATE. But whatever language the server speaks, a name stays a name, and an
/// error that does not hold it, such as a timeout, has nothing to do with the role.
pub(crate) fn unnamed(error: DieselError, tenant_role: Option<&Identifier>) -> DieselError {
    let DieselError::DatabaseError(_, said) = &error else { return error };
    let texts = [Some(said.message()), said.details(), said.hint()];
    let names = |role: &Identifier| texts.iter().flatten().any(|text| text.contains(role.as_str()));
    if tenant_role.is_some_and(names) { ScopeError::NoTenantRole.into() } else { error }
}

/// Why a pool handed out no connection.
///
/// A pool's `transaction` and `read` return it inside
/// [`diesel::result::Error::QueryBuilderError`]; [`CheckoutError::of`] finds it there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckoutError {
    /// The id cannot name a tenant of this database.
    #[error("the tenant id does not fit this database")]
    TenantId(#[from] TenantIdError),
    /// All connections are in use.
    #[error(
        "no connection became free in time: raise `max_size` or `wait_timeout`, or hold connections for shorter"
    )]
    Timeout,
    /// The pool was closed.
    #[error("the pool is closed")]
    Closed,
    /// The server could not be reached, or refused the login.
    #[error("could not connect to the database")]
    Connect(#[source] Cause),
    /// A session scope would leak through a transaction pooler.
    #[error(
        "`get` keeps its scope in the session, which a pooler in transaction mode hands to other clients: use `transaction` or `read`"
    )]
    SessionBehindPooler,
    /// No admin connection was configured.
    #[error("cross-tenant work needs a login of its own: give the builder `admin_url`")]
    NoAdminUrl,
    /// The reason is empty.
    #[error("cross-tenant work needs a reason, for the log: pass one to `admin`")]
    NoReason,
    /// The missing tenant could not be created on the way.
    #[error("the missing tenant could not be created")]
    CreateTenant(#[source] Box<LifecycleError>),
}

impl CheckoutError {
    /// Finds the checkout error in an error that `transaction` or `read` returned.
    #[must_use]
    pub fn of(error: &DieselError) -> Option<&Self> {
        match error {
            DieselError::QueryBuilderError(cause) => cause.downcast_ref(),
            _ => None,
        }
    }
}

impl From<CheckoutError> for DieselError {
    fn from(error: CheckoutError) -> Self {
        Self::QueryBuilderError(Box::new(error))
    }
}

/// Why a pool could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A pool without connections serves nobody.
    #[error("a pool needs at least one connection: set `max_size` above 0")]
    NoConnections,
    /// No server accepts that many, and the pool makes room for all of them at once.
    #[error("a pool of so many connections cannot be used: set `max_size` to at most {max}")]
    TooManyConnections {
        /// The greatest `max_connections` of PostgreSQL.
        max: usize,
    },
    /// With one role per tenant, a tenant could be created whose role is this one.
    #[error(
        "role `{role}` is named like a tenant's: with one role per tenant, give it a name that does not begin with `tenant_`"
    )]
    RoleNamedLikeTenant {
        /// The role.
        role: String,
    },
    /// A time limit of zero would fail every checkout.
    #[error("`{setting}` must be longer than zero: leave it out for its default")]
    ZeroTimeout {
        /// The builder's setting.
        setting: &'static str,
    },
    /// The URL is not one. It is not shown, since it holds a password.
    #[error(
        "the {which} is not a database URL: expected `postgres://user:password@host:port/database`"
    )]
    Url {
        /// Which of the URLs.
        which: &'static str,
    },
    /// The URL insists on TLS, of which there are several implementations to choose from.
    #[error(
        "the {which} asks for TLS (`sslmode=require`): give the builder a `custom_setup` that connects with the TLS of your choice, and `cancel_with`"
    )]
    Tls {
        /// Which of the URLs.
        which: &'static str,
    },
    /// Both a URL of our own and a start-up option of the user's.
    #[error(
        "with `allow_powerful_login` the pool sets `options` in the URL, which must not hold some already: pass the role and your options yourself, by `from_pool`"
    )]
    OptionsTaken,
    /// A pooler refuses the start-up option that a powerful login needs.
    #[error(
        "a powerful login cannot be made safe behind a transaction pooler: connect as a NOINHERIT login (`tenants setup --login`)"
    )]
    PowerfulBehindPooler,
    /// The existing sync pool would mix statements up behind a transaction pooler.
    #[error(
        "behind a transaction pooler the existing pool must not test connections, because Diesel prepares that statement under a name: build it with `test_on_check_out(false)`"
    )]
    TestBehindPooler,
    /// The async pool would mix statements up behind a transaction pooler.
    #[error(
        "the pooler does not carry prepared statements, without which diesel-async runs none: use PgBouncer 1.21 or newer with `max_prepared_statements` above 0, or `sync::TenantPool`, which does without"
    )]
    StatementsBehindPooler,
    /// A setting of signed scopes without a key.
    #[error(
        "signatures need a key: give the builder the one that `tenants key add` made (`signed`), or leave `signature_lifetime` and `allow_unsigned_guards` out"
    )]
    NoSigningKey,
    /// A signature that nobody has time to use, or that is good for too long once it is stolen.
    #[error("`signature_lifetime` must be between {} seconds and {} seconds", shortest.as_secs(), longest.as_secs())]
    SignatureLifetime {
        /// The shortest lifetime.
        shortest: Duration,
        /// The longest.
        longest: Duration,
    },
    /// The database does not accept what the pool signs.
    #[error("the signing key cannot be used")]
    Signing(#[from] SigningError),
    /// One role per tenant needs somebody who may create roles.
    #[error(
        "`create_if_missing` with one role per tenant creates roles: give the builder `provisioning_url`"
    )]
    NoProvisioningUrl,
    /// The tagged structs do not make a registry.
    #[error("the registry of tables cannot be used")]
    Registry(#[from] RegistryError),
    /// The server could not be reached, or refused the login.
    #[error("could not connect to the database")]
    Connect(#[source] Cause),
    /// The login's rights could not be read.
    #[error("could not ask the database for the login's rights")]
    Inspect(#[source] DieselError),
    /// The database cannot keep tenants apart.
    #[error("the database cannot be used for a pool")]
    Database(#[from] DatabaseProblem),
    /// The login must not serve requests, or cannot.
    #[error("the login cannot be used for a pool")]
    Login(#[from] LoginProblem),
}

/// Why a pool cannot sign with a key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The pool signs nothing.
    #[error("this pool does not sign its scopes: give the builder a key (`signed`)")]
    NotSigned,
    /// The database does not know the key, or another one of its id.
    #[error(
        "the database does not accept signatures of key `{id}`: list its keys with `tenants key list`, and make one with `tenants key add`"
    )]
    Refused {
        /// The id of the key, which is no secret.
        id: String,
        /// What the database said.
        source: DieselError,
    },
    /// No connection.
    #[error("no connection to try the signing key")]
    Checkout(#[source] Box<CheckoutError>),
}

impl From<CheckoutError> for SigningError {
    fn from(error: CheckoutError) -> Self {
        Self::Checkout(Box::new(error))
    }
}

/// Why a database could not be compared with what the tags ask for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// No connection.
    #[error("no connection to ask what the database is like")]
    Checkout(#[from] CheckoutError),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// Why a tenant could not be created, deleted, restored, listed or given its role.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// The id cannot name a tenant of this database.
    #[error("the tenant id does not fit this database")]
    TenantId(#[from] TenantIdError),
    /// The tenant is there already; nothing was changed.
    #[error("the tenant exists already")]
    AlreadyExists,
    /// There is no such tenant.
    #[error("there is no such tenant")]
    NotFound,
    /// The tenant was deleted, and its rows are still there.
    #[error(
        "the tenant was deleted and its rows are still there: bring it back with `restore_tenant`, or choose another id"
    )]
    TenantDeleted,
    /// One role per tenant needs somebody who may create roles.
    #[error(
        "one role per tenant needs a login with CREATEROLE: give the builder `provisioning_url`"
    )]
    NoProvisioningUrl,
    /// The login may not administer tenants.
    #[error(
        "this login may not create, delete, restore or list tenants: give the builder the URL of the login that may as `provisioning_url`, or let this one with `tenants setup` (`--provisioner` names who may, and else the runtime login does)"
    )]
    Denied,
    /// A role of the tenant's name exists and is no tenant role.
    #[error(
        "a role of the tenant's name exists that this library did not make, or that was altered to log in, bypass policies or create roles or databases: drop it, rename it (`ALTER ROLE .. RENAME TO ..`), or choose another id"
    )]
    UnfitRole,
    /// The tenant's role is a member of another role than the runtime role.
    #[error(
        "the tenant's role is a member of another role than this database's runtime role: give all databases of the cluster the same runtime role (`--app-role`, `roles`), choose another id, or revoke the other membership"
    )]
    RoleInUse,
    /// The provisioning login has not all the rights that it needs.
    #[error(
        "the tenant's role could not be made or granted: the login needs CREATEROLE and, from PostgreSQL 16 on, the admin option on the runtime role (`tenants setup --provisioner`) and on a tenant's role that another login made (`GRANT .. WITH ADMIN OPTION`)"
    )]
    RoleRefused,
    /// No connection.
    #[error("no connection for the tenant's administration")]
    Checkout(#[source] Box<CheckoutError>),
    /// The database refused.
    #[error("the database refused")]
    Database(#[source] DieselError),
}

impl From<CheckoutError> for LifecycleError {
    fn from(error: CheckoutError) -> Self {
        Self::Checkout(Box::new(error))
    }
}

impl From<DieselError> for LifecycleError {
    fn from(error: DieselError) -> Self {
        match refusal(&error) {
            Some(Refusal::UnknownTenant) => Self::NotFound,
            Some(Refusal::DeletedTenant) => Self::TenantDeleted,
            Some(Refusal::TenantExists) => Self::AlreadyExists,
            Some(Refusal::UnfitRole) => Self::UnfitRole,
            Some(Refusal::RoleInUse) => Self::RoleInUse,
            Some(Refusal::RoleRefused) => Self::RoleRefused,
            _ => match Denied::of(&error) {
                Some(Denied { by: DeniedBy::Function, .. }) => Self::Denied,
                _ => Self::Database(error),
            },
        }
    }
}
