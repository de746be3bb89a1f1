//! One server for a test program, and one database for each test, cloned from a template.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::dsl::sql;
use diesel::sql_types::Integer;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_core::plan::Plan;
use tenants_core::signature::Signing;
use tenants_diesel::{
    Isolation, Registry, Roles, SigningKey, TenantPool, TenantPoolBuilder, catalog, cli,
};
use throwaway::Server;

use crate::schema::{all_registry, text_registry};

const TEMPLATE: &str = "tenants_template";
/// The same, with one role per tenant.
const ROLES_TEMPLATE: &str = "tenants_roles_template";

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start().expect("PostgreSQL starts");
    prepare(&server);
    let superuser = server.superuser_url("postgres");
    block_on_elsewhere(clone(&superuser, ROLES_TEMPLATE, TEMPLATE));
    setup(&server.url("owner", ROLES_TEMPLATE), Isolation::RolePerTenant, "app_login");
    server
});

/// Makes the roles on a server, and a database with protected, empty tables, whose name it returns.
pub fn prepare(server: &Server) -> &'static str {
    let superuser = server.superuser_url("postgres");
    let owner = server.url("owner", TEMPLATE);
    block_on_elsewhere(async {
        run(&superuser, include_str!("roles.sql")).await;
        run(&superuser, &format!("CREATE DATABASE {TEMPLATE} OWNER owner")).await;
        run(&server.superuser_url(TEMPLATE), include_str!("public.sql")).await;
        run(&owner, include_str!("tables.sql")).await;
        run(&owner, include_str!("sqlstate.sql")).await;
    });
    setup(&owner, Isolation::SharedRole, "app_login");
    block_on_elsewhere(protect(&owner, &all_registry()));
    TEMPLATE
}

/// `tenants setup`, as an operator runs it.
fn setup(url: &str, isolation: Isolation, login: &str) {
    let isolation = match isolation {
        Isolation::SharedRole => "shared-role",
        Isolation::RolePerTenant => "role-per-tenant",
    };
    let arguments = ["tenants", "setup", "--database-url", url, "--isolation", isolation];
    let roles = ["--login", login, "--admin-login", "admin_login", "--provisioner", "provisioner"];
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let code = cli::run_with(arguments.into_iter().chain(roles), &mut output, &mut errors);
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&errors));
}

/// The migration that `tenants migration generate` would write.
async fn protect(url: &str, registry: &Registry) {
    let roles = Roles::default();
    let mut connection = AsyncPgConnection::establish(url).await.expect("the server accepts");
    let mut live = catalog::read(&mut connection, registry, &roles).await.expect("a catalog");
    // Those that are protected already.
    live.untagged.clear();
    let plan = Plan::new(registry, &live, &roles).expect("a plan");
    assert_eq!(plan.tables.len(), registry.tables().len(), "every table lacks something");
    run(url, &format!("BEGIN; {}; COMMIT", plan.up_sql())).await;
}

/// The server of this test program.
pub fn server() -> &'static Server {
    &SERVER
}

/// A database of its own for one test, with protected, empty tables.
#[derive(Debug, Clone)]
pub struct Database {
    name: String,
    isolation: Isolation,
}

impl Database {
    /// Clones the template, which isolates tenants by a shared role.
    pub async fn new() -> Self {
        Self::isolated_by(Isolation::SharedRole).await
    }

    /// Clones the template for one of the two isolation modes.
    ///
    /// Tenant roles belong to the whole server: give tenants of a `RolePerTenant` database ids that
    /// no other test uses (`unique_id`).
    pub async fn isolated_by(isolation: Isolation) -> Self {
        let template = match isolation {
            Isolation::SharedRole => TEMPLATE,
            Isolation::RolePerTenant => ROLES_TEMPLATE,
        };
        Self::copy_of(template, isolation).await
    }

    /// A copy of this database, to which nobody may be connected.
    pub async fn copy(&self) -> Self {
        Self::copy_of(&self.name, self.isolation).await
    }

    async fn copy_of(template: &str, isolation: Isolation) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let superuser = server_elsewhere().await.superuser_url("postgres");
        clone(&superuser, &name, template).await;
        // A clone does not take the rights of the database itself along.
        let revoke = format!("REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC");
        run(&superuser, &revoke).await;
        Self { name, isolation }
    }

    /// Drops this database, whoever is connected to it.
    pub async fn remove(self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        run(&server_elsewhere().await.superuser_url("postgres"), &drop).await;
    }

    /// An empty database of another encoding than UTF-8.
    pub async fn in_encoding(encoding: &str) -> Self {
        let name = format!("encoded_{}", unique_id());
        let create = format!(
            "CREATE DATABASE {name} OWNER owner ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        );
        run(&server_elsewhere().await.superuser_url("postgres"), &create).await;
        Self { name, isolation: Isolation::SharedRole }
    }

    /// Lets everybody make temporary tables again, as an application may that needs them.
    pub async fn grant_temporary(&self) {
        let grant = format!("GRANT TEMPORARY ON DATABASE {} TO PUBLIC", self.name);
        self.run(crate::SUPERUSER, &grant).await;
    }

    /// Keeps the tenants of this database apart in another way.
    pub async fn switched_to(&self, isolation: Isolation) -> Self {
        let switched = Self { isolation, ..self.clone() };
        switched.set_up("app_login").await;
        switched
    }

    /// Lets another login serve requests.
    pub async fn set_up(&self, login: &str) {
        let (url, isolation, login) = (self.url("owner"), self.isolation, login.to_owned());
        let done = tokio::task::spawn_blocking(move || setup(&url, isolation, &login));
        done.await.expect("setup runs");
    }

    /// Lets the runtime login administer tenants, as if no provisioner had been named.
    pub async fn unprovisioned(&self) {
        let grant =
            "GRANT EXECUTE ON FUNCTION tenants.create_tenant(text), tenants.delete_tenant(text),
            tenants.list_tenants(), tenants.restore_tenant(text) TO app_login";
        self.run("owner", grant).await;
    }

    /// Protects further tables.
    pub async fn protect(&self, registry: &Registry) {
        protect(&self.url("owner"), registry).await;
    }

    /// Makes a key, and lets the guards of all tables ask for its signatures.
    pub async fn sign(&self) -> SigningKey {
        let key = self.add_key().await;
        self.set_signing(Signing::On, &all_registry()).await;
        key
    }

    /// Makes a key beside those that are there, as `tenants key add` does.
    pub async fn add_key(&self) -> SigningKey {
        let (output, _) = self.cli(&["key", "add"]).await;
        output.parse().expect("a key")
    }

    /// Lets the guards of some tables ask for signatures or not, as a generated migration does.
    pub async fn set_signing(&self, signing: Signing, registry: &Registry) {
        let roles = Roles::default();
        let mut connection = self.connect("owner").await;
        let mut live = catalog::read(&mut connection, registry, &roles).await.expect("a catalog");
        live.untagged.clear();
        let plan = Plan::with_signing(registry, &live, &roles, signing).expect("a plan");
        self.run("owner", &format!("BEGIN; {}; COMMIT", plan.up_sql())).await;
    }

    /// Runs a command of `tenants` as the owner, which must succeed: its output and its hints.
    pub async fn cli(&self, arguments: &[&str]) -> (String, String) {
        let (code, output, errors) = self.try_cli(arguments).await;
        assert_eq!(code, 0, "{errors}");
        (output, errors)
    }

    /// The same, whatever comes of it: exit code, output and errors.
    pub async fn try_cli(&self, arguments: &[&str]) -> (u8, String, String) {
        let program = ["tenants"].into_iter().chain(arguments.iter().copied());
        let mut arguments: Vec<String> = program.map(str::to_owned).collect();
        arguments.extend(["--database-url".to_owned(), self.url("owner")]);
        let run = move || {
            let (mut output, mut errors) = (Vec::new(), Vec::new());
            let code = cli::run_with(arguments, &mut output, &mut errors);
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
            (code, text(output), text(errors))
        };
        tokio::task::spawn_blocking(run).await.expect("the command ends")
    }

    /// How this database tells tenants apart.
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// The name of this database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL of this database for a login.
    pub fn url(&self, login: &str) -> String {
        server().url(login, &self.name)
    }

    /// A pool as an application would build it.
    pub fn builder(&self) -> TenantPoolBuilder {
        TenantPool::builder(self.url("app_login"))
            .admin_url(self.url("admin_login"))
            .provisioning_url(self.url("provisioner"))
            .isolation(self.isolation)
            .registry(text_registry())
    }

    /// `builder`, built.
    pub async fn pool(&self) -> TenantPool {
        self.builder().build().await.expect("the pool is built")
    }

    /// A raw connection.
    pub async fn connect(&self, login: &str) -> AsyncPgConnection {
        AsyncPgConnection::establish(&self.url(login)).await.expect("the server accepts")
    }

    /// Runs statements as a login of its own.
    pub async fn run(&self, login: &str, sql: &str) {
        run(&self.url(login), sql).await;
    }
}

/// Copies files, which takes a tenth of the time of the write-ahead log for these small databases.
async fn clone(superuser: &str, name: &str, template: &str) {
    // PostgreSQL 14 knows no other way, and no word for it.
    const WITH_STRATEGIES: i32 = 150_000;
    let mut connection = AsyncPgConnection::establish(superuser).await.expect("the server accepts");
    let version = diesel::select(sql::<Integer>("current_setting('server_version_num')::integer"));
    let version: i32 = version.get_result(&mut connection).await.expect("a version");
    let strategy = if version < WITH_STRATEGIES { "" } else { "STRATEGY file_copy" };
    let clone = format!("CREATE DATABASE {name} OWNER owner TEMPLATE {template} {strategy}");
    connection.batch_execute(&clone).await.expect("the database is cloned");
}

/// A tenant id that no other test of this server uses.
pub fn unique_id() -> String {
    format!("t{}", uuid::Uuid::new_v4().simple())
}

/// A number for a tenant that no other test of this server uses, as likely as makes no odds.
pub fn unique_number() -> i32 {
    let bytes = uuid::Uuid::new_v4().into_bytes();
    i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

async fn run(url: &str, sql: &str) {
    let mut connection = AsyncPgConnection::establish(url).await.expect("the server accepts");
    connection.batch_execute(sql).await.expect("the statements run");
}

/// The first call starts the server, for which a runtime's thread must not wait.
async fn server_elsewhere() -> &'static Server {
    tokio::task::spawn_blocking(server).await.expect("the server starts")
}

fn block_on_elsewhere(future: impl Future<Output = ()> + Send) {
    std::thread::scope(|scope| {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        let thread = scope.spawn(move || runtime().expect("a runtime").block_on(future));
        thread.join().expect("the template is made");
    });
}
