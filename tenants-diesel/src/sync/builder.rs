//! Building a pool, which ends with a look at its login.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Error as R2d2Error, HandleError};
use tenants_core::denial::Denials;
use tenants_core::doctor::Target;
use tenants_core::login::{DatabaseProblem, Expectation, LoginReport, Observation};
use tenants_core::scope::{Admission, Login, Scope, role_option};
use tenants_core::signature::SigningKey;
use tenants_core::{Isolation, Registry, Roles};

use super::checkout::{NoConnection, Pool, Source};
use super::tenant_pool::{Shared, TenantPool};
use super::url::{LibpqError, is_well_formed};
use crate::denied::{as_role, learned, said};
use crate::error::BuildError;
use crate::login::{EncodingRow, LoginRow, encoding, observes, report};
use crate::settings::{Pooler, Scoping, Settings, SigningSettings, with_options};

/// Connections for cross-tenant work and for provisioning: few are needed, and seldom.
const SIDE_POOL_SIZE: usize = 2;

/// r2d2 adds the limit to the time of day, which panics where that does not fit.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Builds a [`TenantPool`]; see [`TenantPool::builder`] and [`TenantPool::from_pool`].
///
/// TLS, sockets and `connect_timeout` are parameters of the URL, as libpq reads them.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use tenants_diesel::sync::TenantPool;
///
/// # fn example() -> Result<(), tenants_diesel::BuildError> {
/// let tenants = TenantPool::builder("postgres://app_login@localhost/app?sslmode=verify-full")
///     .max_size(16)
///     .wait_timeout(Duration::from_secs(5))
///     .admin_url("postgres://admin_login@localhost/app?sslmode=verify-full")
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct TenantPoolBuilder {
    origin: Origin,
    admin_url: Option<String>,
    provisioning_url: Option<String>,
    max_size: usize,
    wait_timeout: Duration,
    registry: Option<Registry>,
    scope: Scope,
    pooler: Pooler,
    signing: SigningSettings,
    observation: Observation,
}

enum Origin {
    Url(String),
    Existing(Pool),
}

impl TenantPoolBuilder {
    pub(super) fn new(url: String) -> Self {
        Self::from_origin(Origin::Url(url))
    }

    pub(super) fn existing(pool: Pool) -> Self {
        Self::from_origin(Origin::Existing(pool))
    }

    fn from_origin(origin: Origin) -> Self {
        Self {
            origin,
            admin_url: None,
            provisioning_url: None,
            max_size: 10,
            wait_timeout: Duration::from_secs(30),
            registry: None,
            scope: Scope::default(),
            pooler: Pooler::None,
            signing: SigningSettings::default(),
            observation: Observation::default(),
        }
    }

    /// The greatest number of connections; 10 unless set. An existing pool keeps its own.
    pub fn max_size(mut self, connections: usize) -> Self {
        self.max_size = connections;
        self
    }

    /// How long a checkout waits for a connection to become free; 30 seconds unless set. An
    /// existing pool keeps its own.
    pub fn wait_timeout(mut self, limit: Duration) -> Self {
        self.wait_timeout = limit;
        self
    }

    /// The login for [`TenantPool::admin`], the only member of the admin role.
    ///
    /// Like the runtime login it must be bound by policies, own nothing that they rest on and make no
    /// roles, unless [`allow_powerful_login`](Self::allow_powerful_login) is called.
    pub fn admin_url(mut self, url: impl Into<String>) -> Self {
        self.admin_url = Some(url.into());
        self
    }

    /// The login that creates, deletes, restores and lists tenants, named to `tenants setup --provisioner`.
    ///
    /// Scoped code cannot become it, whatever SQL is injected there. Without it, the runtime login does all
    /// this, except to make roles: with [`Isolation::RolePerTenant`], [`create_tenant`](TenantPool::create_tenant),
    /// [`restore_tenant`](TenantPool::restore_tenant) and [`provision_role`](TenantPool::provision_role)
    /// need a provisioning login, with CREATEROLE.
    pub fn provisioning_url(mut self, url: impl Into<String>) -> Self {
        self.provisioning_url = Some(url.into());
        self
    }

    /// What tells tenants apart; it must be what the database was set up for.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.scope.isolation = isolation;
        self
    }

    /// Roles of other names than `tenants_app` and `tenants_admin`.
    ///
    /// Roles belong to the whole cluster, and with one role per tenant a tenant's role is a member of
    /// one runtime role only. Databases of one cluster that may have tenants of the same id then need
    /// the same runtime role; with another one, `create_tenant` is
    /// [`LifecycleError::RoleInUse`](crate::LifecycleError::RoleInUse).
    pub fn roles(mut self, roles: Roles) -> Self {
        self.scope.roles = roles;
        self
    }

    /// Whether scopes ask the database for the tenant's status; they do unless set.
    ///
    /// With [`Admission::CreateIfMissing`] every scope of this pool creates a missing tenant; see
    /// [`TenantPool::create_if_missing`] for what that means and for doing so in single calls.
    pub fn admission(mut self, admission: Admission) -> Self {
        self.scope.admission = admission;
        self
    }

    /// What stands between the pool and the server.
    pub fn pooler(mut self, pooler: Pooler) -> Self {
        self.pooler = pooler;
        self
    }

    /// Signs every scope with this key, which `tenants key add` made.
    ///
    /// Then a tenant that an injected statement sets counts for nothing: the guard of each table asks for a
    /// signature that only this program can make. `tenants migration generate --signing on` makes the guards ask.
    ///
    /// # Executed SQL
    ///
    /// Once for each connection, `SELECT pg_backend_pid(), ..` for the clock of the server, and in the message
    /// that enters a scope `SELECT set_config('tenants.scope', '<signature>', ..)`.
    ///
    /// # Security
    ///
    /// A signature counts for one tenant, in one server process, and for transactions that begin before it
    /// expires ([`signature_lifetime`](Self::signature_lifetime)). Behind a transaction pooler it cannot be bound
    /// to a process: whoever reads it from a log in time can use it on another connection.
    pub fn signed(mut self, key: SigningKey) -> Self {
        self.signing.key = Some(key);
        self
    }

    /// For how long a signature counts from when it is sent: 300 seconds unless set, and 30 behind a transaction
    /// pooler. From 1 second to 24 hours.
    ///
    /// What began before it expired goes on: a transaction never fails in the middle. Scopes of
    /// [`get`](TenantPool::get) are signed anew when half of it is over, with the next statement.
    pub fn signature_lifetime(mut self, lifetime: Duration) -> Self {
        self.signing.lifetime = Some(lifetime);
        self
    }

    /// Signs also where the guards of some tables do not ask for it: while signatures are introduced or
    /// given up.
    ///
    /// # Security
    ///
    /// On those tables the signature protects nothing.
    pub fn allow_unsigned_guards(mut self) -> Self {
        self.signing.allows_unsigned_guards = true;
        self
    }

    /// Serves tables whose policies only observe (`tenants migration generate --observe`), too: while an application is
    /// adopted.
    ///
    /// [`read`](TenantPool::read) is then a [`transaction`](TenantPool::transaction), since a read-only one could
    /// record nothing. Each pool that is built so logs a warning, also one that serves no such table any more.
    ///
    /// # Security
    ///
    /// Every scope sees and changes the rows of all tenants on such tables. Tables that are enforced stay so, but
    /// while the pool serves one that is not, what runs in `read` may write to them, too.
    pub fn allow_unenforced_tables(mut self) -> Self {
        self.observation = Observation::Allowed;
        self
    }

    /// The tables of this database; all tagged structs of the program unless set.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Serves requests, and does cross-tenant work, through superuser, BYPASSRLS, CREATEROLE or
    /// owning logins, and those with other rights beyond what they need.
    ///
    /// Connections that serve requests start as the runtime role, so that a lost scope shows no rows.
    ///
    /// # Security
    ///
    /// A raw `SET ROLE NONE` or `RESET SESSION AUTHORIZATION` on a scoped connection then is a way
    /// out of every policy. It is for development.
    pub fn allow_powerful_login(mut self) -> Self {
        self.scope.login = Login::Powerful;
        self
    }

    /// Connects once with each login, checks it and returns the pool.
    ///
    /// # Executed SQL
    ///
    /// [`tenants_core::login::ENCODING`] and [`REPORT`](tenants_core::login::REPORT), which read the catalog, and
    /// [`tenants_core::denial::SAID`], which has the server deny the runtime role what [`Denied`](crate::Denied)
    /// is to be recognised by.
    ///
    /// # Errors
    ///
    /// [`BuildError`]: settings that contradict each other, a server that cannot be reached, a login
    /// that is too powerful or cannot enter a scope, and a database in which scoped code can use a
    /// table of tenants that is not protected, or in which not every id can be written.
    pub fn build(self) -> Result<TenantPool, BuildError> {
        self.check_settings()?;
        let registry = match &self.registry {
            Some(registry) => registry.clone(),
            None => Registry::collect()?,
        };
        let (runtime, login, denials) = match &self.origin {
            Origin::Url(url) => self.runtime_pool(url, &registry)?,
            Origin::Existing(pool) => {
                let mut connection =
                    pool.get().map_err(|_| BuildError::Connect(Box::new(NoConnection)))?;
                let login = self.inspect(&mut connection, &registry)?;
                (pool.clone(), login, self.denials(&mut connection)?)
            }
        };
        login.verdict(&self.expectation())?;
        login.protection_verdict(self.observation)?;
        let observes = observes(self.observation, &login);
        login.signing_verdict(self.signing.expectation())?;
        let mut admin_login = None;
        let admin = self.side_pool(self.admin_url.as_deref(), "admin URL", |connection| {
            let report = self.inspect(connection, &registry)?;
            report.admin_verdict(&self.expectation())?;
            admin_login = Some(report.login);
            Ok(())
        })?;
        let provisioning =
            self.side_pool(self.provisioning_url.as_deref(), "provisioning URL", |connection| {
                Ok(self
                    .inspect(connection, &registry)?
                    .provisioning_verdict(self.scope.isolation)?)
            })?;
        let doctor =
            Target::new(&registry, &self.scope.roles, &login.login, admin_login.as_deref());
        let scoping = Scoping::new(self.scope, &registry, login.policy_types, denials, observes);
        let shared = Shared {
            runtime: Source::new(runtime, self.pooler),
            admin,
            provisioning,
            pooler: self.pooler,
            login: login.login,
            signer: self.signing.signer(self.pooler),
            doctor,
            registry,
        };
        let scoping = Arc::new(scoping);
        let pool = TenantPool { shared: Arc::new(shared), scoping };
        pool.try_key()?;
        Ok(pool)
    }

    fn check_settings(&self) -> Result<(), BuildError> {
        let limits = [("wait_timeout", Some(self.wait_timeout))];
        let settings = Settings {
            scope: &self.scope,
            pooler: self.pooler,
            max_size: self.max_size,
            limits: &limits,
            provisions: self.provisioning_url.is_some(),
            signing: &self.signing,
        };
        settings.check()?;
        if let (Origin::Existing(pool), Pooler::Transaction) = (&self.origin, self.pooler) {
            if pool.test_on_check_out() {
                return Err(BuildError::TestBehindPooler);
            }
        }
        Ok(())
    }

    fn inspect(
        &self,
        connection: &mut PgConnection,
        registry: &Registry,
    ) -> Result<LoginReport, BuildError> {
        let EncodingRow { encoding: found } =
            encoding().get_result(connection).map_err(BuildError::Inspect)?;
        DatabaseProblem::of_encoding(&found)?;
        let row: LoginRow = report(&self.scope.roles, registry)
            .get_result(connection)
            .map_err(BuildError::Inspect)?;
        Ok(row.into())
    }

    /// Has the server say how it denies.
    fn denials(&self, connection: &mut PgConnection) -> Result<Denials, BuildError> {
        let asked = connection.transaction(|connection| {
            as_role(&self.scope.roles.app).execute(connection)?;
            said().load(connection)
        });
        learned(asked).map_err(BuildError::Inspect)
    }

    fn expectation(&self) -> Expectation<'_> {
        Expectation {
            roles: &self.scope.roles,
            isolation: self.scope.isolation,
            admits: self.scope.admission != Admission::Off,
            login: self.scope.login,
            signing: self.signing.expectation(),
        }
    }

    fn runtime_pool(
        &self,
        url: &str,
        registry: &Registry,
    ) -> Result<(Pool, LoginReport, Denials), BuildError> {
        let with_role = match self.scope.login {
            Login::Powerless => None,
            Login::Powerful => Some(
                with_options(url, &role_option(&self.scope.roles.app))
                    .ok_or(BuildError::OptionsTaken)?,
            ),
        };
        let url = with_role.as_deref().unwrap_or(url);
        let mut connection = connect(url, "database URL")?;
        let login = self.inspect(&mut connection, registry)?;
        Ok((self.pool(url, self.max_size), login, self.denials(&mut connection)?))
    }

    fn side_pool(
        &self,
        url: Option<&str>,
        which: &'static str,
        check: impl FnOnce(&mut PgConnection) -> Result<(), BuildError>,
    ) -> Result<Option<Source>, BuildError> {
        let Some(url) = url else { return Ok(None) };
        check(&mut connect(url, which)?)?;
        Ok(Some(Source::new(self.pool(url, SIDE_POOL_SIZE), self.pooler)))
    }

    /// Opens connections in the background: r2d2's own `build` would wait for all of them, and
    /// retry a wrong password until the time is up.
    fn pool(&self, url: &str, size: usize) -> Pool {
        Pool::builder()
            .max_size(u32::try_from(size).unwrap_or(u32::MAX))
            // Not 0: r2d2 then makes no connection for those who wait when one is closed.
            .min_idle(Some(1))
            .connection_timeout(self.wait_timeout.min(LONGEST_WAIT))
            // The scope is the liveness check.
            .test_on_check_out(false)
            .error_handler(Box::new(Log))
            .build_unchecked(ConnectionManager::new(url))
    }
}

fn connect(url: &str, which: &'static str) -> Result<PgConnection, BuildError> {
    if !is_well_formed(url) {
        return Err(BuildError::Url { which });
    }
    PgConnection::establish(url)
        .map_err(|error| BuildError::Connect(Box::new(LibpqError::new(&error))))
}

/// r2d2's own handler would log all that libpq says.
#[derive(Debug)]
struct Log;

impl HandleError<R2d2Error> for Log {
    fn handle_error(&self, error: R2d2Error) {
        let cause = LibpqError::new(&error);
        tracing::warn!(target: "tenants::pool", %cause, "could not connect to the database");
    }
}

impl fmt::Debug for TenantPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantPoolBuilder")
            .field("max_size", &self.max_size)
            .field("scope", &self.scope)
            .field("pooler", &self.pooler)
            .finish_non_exhaustive()
    }
}
