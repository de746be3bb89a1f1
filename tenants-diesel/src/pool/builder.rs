//! Building a pool, which ends with a look at its login.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{PoolError, Timeouts};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError as ManagerError, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tenants_core::denial::Denials;
use tenants_core::doctor::Target;
use tenants_core::login::{DatabaseProblem, Expectation, LoginReport, Observation};
use tenants_core::scope::{Admission, Login, Scope, role_option};
use tenants_core::signature::SigningKey;
use tenants_core::{Isolation, Registry, Roles};
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Config, NoTls};

use super::backends::Backends;
use super::engine::Cancel;
use super::prepared;
use super::tenant_pool::{Shared, TenantPool};
use crate::denied::{as_role, learned, said};
use crate::error::BuildError;
use crate::login::{EncodingRow, LoginRow, encoding, observes, report};
use crate::settings::{Pooler, Scoping, Settings, SigningSettings, with_options};

type Setup =
    Arc<dyn Fn(&str) -> BoxFuture<'static, ConnectionResult<AsyncPgConnection>> + Send + Sync>;

/// Connections for cross-tenant work and for provisioning: few are needed, and seldom.
const SIDE_POOL_SIZE: usize = 2;

/// Builds a [`TenantPool`]; see [`TenantPool::builder`] and [`TenantPool::from_pool`].
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use tenants_diesel::TenantPool;
///
/// # async fn example() -> Result<(), tenants_diesel::BuildError> {
/// let tenants = TenantPool::builder("postgres://app_login@localhost/app")
///     .max_size(16)
///     .wait_timeout(Duration::from_secs(5))
///     .admin_url("postgres://admin_login@localhost/app")
///     .build()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct TenantPoolBuilder {
    source: Source,
    admin_url: Option<String>,
    provisioning_url: Option<String>,
    max_size: usize,
    timeouts: Timeouts,
    setup: Option<Setup>,
    cancel: Cancel,
    registry: Option<Registry>,
    scope: Scope,
    pooler: Pooler,
    signing: SigningSettings,
    observation: Observation,
}

enum Source {
    Url(String),
    Existing(Pool<AsyncPgConnection>),
}

impl TenantPoolBuilder {
    pub(super) fn new(url: String) -> Self {
        Self::from_source(Source::Url(url))
    }

    pub(super) fn existing(pool: Pool<AsyncPgConnection>) -> Self {
        Self::from_source(Source::Existing(pool))
    }

    fn from_source(source: Source) -> Self {
        Self {
            source,
            admin_url: None,
            provisioning_url: None,
            max_size: 10,
            timeouts: Timeouts { wait: Some(Duration::from_secs(30)), ..Timeouts::default() },
            setup: None,
            cancel: Arc::new(|token: CancelToken| {
                async move {
                    let _ = token.cancel_query(NoTls).await;
                }
                .boxed()
            }),
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
        self.timeouts.wait = Some(limit);
        self
    }

    /// How long connecting may take; unlimited unless set. An existing pool keeps its own.
    pub fn create_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.create = Some(limit);
        self
    }

    /// Connects with a function of your own, which receives the URL: TLS, sockets, proxies.
    ///
    /// It is diesel-async's `ManagerConfig::custom_setup`. Without it connections are not encrypted, and a
    /// URL with `sslmode=require` is refused. An existing pool keeps its own.
    ///
    /// # Security
    ///
    /// Write `sslmode=require` into the URL: without it `tokio_postgres` sends everything as it is to
    /// a server that says it speaks no TLS, and anybody on the way can say so. What proves whom the
    /// connection reaches is the connector, by the certificates that it trusts.
    ///
    /// # Cancellation
    ///
    /// With TLS set [`cancel_with`](Self::cancel_with) too. Without it a cancel request is not sent
    /// if the URL has `sslmode=require`, and not encrypted if it has not.
    ///
    /// # Examples
    ///
    /// This library links no TLS. Any connector for `tokio_postgres` will do, such as those of
    /// `tokio-postgres-rustls` and `postgres-openssl`.
    ///
    /// ```no_run
    /// use diesel::{ConnectionError, ConnectionResult};
    /// use diesel_async::AsyncPgConnection;
    /// use futures_util::FutureExt;
    /// use tenants_diesel::{BuildError, TenantPool};
    /// use tokio_postgres::Socket;
    /// use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
    ///
    /// /// `Tls` is `tokio_postgres_rustls::MakeRustlsConnect`, for example.
    /// async fn pool<Tls>(tls: Tls) -> Result<TenantPool, BuildError>
    /// where
    ///     Tls: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    ///     Tls::Stream: Send,
    ///     Tls::TlsConnect: Send,
    ///     <Tls::TlsConnect as TlsConnect<Socket>>::Future: Send,
    /// {
    ///     let cancels = tls.clone();
    ///     TenantPool::builder("postgres://app_login@db.example.com/app?sslmode=require")
    ///         .custom_setup(move |url| connect(url.to_owned(), tls.clone()).boxed())
    ///         .cancel_with(move |token| {
    ///             let tls = cancels.clone();
    ///             async move { drop(token.cancel_query(tls).await) }.boxed()
    ///         })
    ///         .build()
    ///         .await
    /// }
    ///
    /// async fn connect<Tls>(url: String, tls: Tls) -> ConnectionResult<AsyncPgConnection>
    /// where
    ///     Tls: MakeTlsConnect<Socket>,
    ///     Tls::Stream: Send + 'static,
    /// {
    ///     let (client, connection) = tokio_postgres::connect(&url, tls)
    ///         .await
    ///         // `Display` leaves the cause out.
    ///         .map_err(|error| ConnectionError::BadConnection(format!("{error:?}")))?;
    ///     AsyncPgConnection::try_from_client_and_connection(client, connection).await
    /// }
    /// ```
    pub fn custom_setup<F>(mut self, setup: F) -> Self
    where
        F: Fn(&str) -> BoxFuture<'static, ConnectionResult<AsyncPgConnection>>
            + Send
            + Sync
            + 'static,
    {
        self.setup = Some(Arc::new(setup));
        self
    }

    /// Sends a cancel request with a function of your own, as in
    /// `|token| async move { let _ = token.cancel_query(tls).await; }.boxed()`.
    pub fn cancel_with<F>(mut self, cancel: F) -> Self
    where
        F: Fn(CancelToken) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    {
        self.cancel = Arc::new(cancel);
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

    /// Connects once, checks the login and returns the pool.
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
    pub async fn build(self) -> Result<TenantPool, BuildError> {
        self.check_settings()?;
        let registry = match &self.registry {
            Some(registry) => registry.clone(),
            None => Registry::collect()?,
        };
        let runtime = match &self.source {
            Source::Url(url) => self.runtime_pool(url)?,
            Source::Existing(pool) => pool.clone(),
        };
        if self.pooler == Pooler::Transaction {
            prepared::check(&mut *self.connection(&runtime).await?).await?;
        }
        let login = self.inspect(&runtime, &registry).await?;
        login.verdict(&self.expectation())?;
        login.protection_verdict(self.observation)?;
        let observes = observes(self.observation, &login);
        login.signing_verdict(self.signing.expectation())?;
        let denials = self.denials(&runtime).await?;
        let admin = self.side_pool(self.admin_url.as_deref(), "admin URL")?;
        let mut admin_login = None;
        if let Some(pool) = &admin {
            let report = self.inspect(pool, &registry).await?;
            report.admin_verdict(&self.expectation())?;
            admin_login = Some(report.login);
        }
        let provisioning = self.side_pool(self.provisioning_url.as_deref(), "provisioning URL")?;
        if let Some(pool) = &provisioning {
            self.inspect(pool, &registry).await?.provisioning_verdict(self.scope.isolation)?;
        }
        let doctor =
            Target::new(&registry, &self.scope.roles, &login.login, admin_login.as_deref());
        let scoping = Scoping::new(self.scope, &registry, login.policy_types, denials, observes);
        let shared = Shared {
            runtime,
            admin,
            provisioning,
            pooler: self.pooler,
            cancel: self.cancel,
            login: login.login,
            backends: Backends::default(),
            signer: self.signing.signer(self.pooler),
            doctor,
            registry,
        };
        let scoping = Arc::new(scoping);
        let pool = TenantPool { shared: Arc::new(shared), scoping };
        pool.try_key().await?;
        Ok(pool)
    }

    fn check_settings(&self) -> Result<(), BuildError> {
        let limits =
            [("wait_timeout", self.timeouts.wait), ("create_timeout", self.timeouts.create)];
        let settings = Settings {
            scope: &self.scope,
            pooler: self.pooler,
            max_size: self.max_size,
            limits: &limits,
            provisions: self.provisioning_url.is_some(),
            signing: &self.signing,
        };
        settings.check()
    }

    async fn connection(
        &self,
        pool: &Pool<AsyncPgConnection>,
    ) -> Result<Object<AsyncPgConnection>, BuildError> {
        pool.get().await.map_err(|error| match (&error, self.pooler) {
            // diesel-async sets two parameters by prepared statements, which fail for no other reason.
            (
                PoolError::Backend(ManagerError::ConnectionError(
                    ConnectionError::CouldntSetupConfiguration(DieselError::DatabaseError(
                        DatabaseErrorKind::Unknown,
                        _,
                    )),
                )),
                Pooler::Transaction,
            ) => BuildError::StatementsBehindPooler,
            _ => BuildError::Connect(Box::new(error)),
        })
    }

    async fn inspect(
        &self,
        pool: &Pool<AsyncPgConnection>,
        registry: &Registry,
    ) -> Result<LoginReport, BuildError> {
        let mut connection = self.connection(pool).await?;
        let EncodingRow { encoding: found } =
            encoding().get_result(&mut connection).await.map_err(BuildError::Inspect)?;
        DatabaseProblem::of_encoding(&found)?;
        let row: LoginRow = report(&self.scope.roles, registry)
            .get_result(&mut connection)
            .await
            .map_err(BuildError::Inspect)?;
        Ok(row.into())
    }

    /// Has the server say how it denies.
    async fn denials(&self, pool: &Pool<AsyncPgConnection>) -> Result<Denials, BuildError> {
        let mut connection = self.connection(pool).await?;
        let asked = connection.transaction(async |connection| {
            as_role(&self.scope.roles.app).execute(connection).await?;
            said().load(connection).await
        });
        learned(asked.await).map_err(BuildError::Inspect)
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

    fn runtime_pool(&self, url: &str) -> Result<Pool<AsyncPgConnection>, BuildError> {
        let options = match self.scope.login {
            Login::Powerless => None,
            Login::Powerful => Some(role_option(&self.scope.roles.app)),
        };
        self.pool(url, "database URL", options.as_deref(), self.max_size)
    }

    fn side_pool(
        &self,
        url: Option<&str>,
        which: &'static str,
    ) -> Result<Option<Pool<AsyncPgConnection>>, BuildError> {
        url.map(|url| self.pool(url, which, None, SIDE_POOL_SIZE)).transpose()
    }

    fn pool(
        &self,
        url: &str,
        which: &'static str,
        options: Option<&str>,
        size: usize,
    ) -> Result<Pool<AsyncPgConnection>, BuildError> {
        let mut config = ManagerConfig::default();
        // The scope messages are the liveness check.
        config.recycling_method = RecyclingMethod::Fast;
        let url = match (&self.setup, options) {
            (Some(setup), None) => {
                let setup = Arc::clone(setup);
                config.custom_setup = Box::new(move |url| setup(url));
                url.to_owned()
            }
            (Some(setup), Some(options)) => {
                let setup = Arc::clone(setup);
                config.custom_setup = Box::new(move |url| setup(url));
                with_options(url, options).ok_or(BuildError::OptionsTaken)?
            }
            (None, options) => {
                let mut parsed: Config = url.parse().map_err(|_| BuildError::Url { which })?;
                if parsed.get_ssl_mode() == SslMode::Require {
                    return Err(BuildError::Tls { which });
                }
                if let Some(options) = options {
                    let own = parsed.get_options().unwrap_or_default();
                    let both = format!("{own} {options}");
                    parsed.options(both.trim_start());
                }
                config.custom_setup = Box::new(move |_| connect(parsed.clone()).boxed());
                url.to_owned()
            }
        };
        Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .timeouts(self.timeouts)
            .build()
            .map_err(|error| BuildError::Connect(Box::new(error)))
    }
}

async fn connect(config: Config) -> ConnectionResult<AsyncPgConnection> {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .map_err(|error| ConnectionError::BadConnection(chain(&error)))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

/// `tokio_postgres` says only "db error"; what the server said is the source.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tenants_core::RegistryError;

    use crate::{BuildError, TenantPool};

    /// Nothing is tagged in this program, as in one that never names the crate with the structs.
    #[test]
    fn an_empty_registry_is_an_error_before_anything_is_connected() {
        let built = TenantPool::builder("postgres://app_login@localhost/app").build();
        let refused = built.now_or_never().map(|built| built.map(drop));
        assert!(matches!(refused, Some(Err(BuildError::Registry(RegistryError::Empty)))));
    }
}
