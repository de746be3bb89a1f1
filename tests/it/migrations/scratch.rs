//! A database, and cluster-wide roles of its own, for one test.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tenants_core::{Identifier, Roles};
use throwaway::Server;
use tokio_postgres::{NoTls, SimpleQueryMessage};

static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start().unwrap());

/// What is compared before and after: everything that a migration of ours may touch.
const SNAPSHOT: &str = include_str!("snapshot.sql");

/// An empty database with an owner who is no superuser, and a runtime login.
pub(crate) struct Scratch {
    /// In front of the name of each role.
    pub(crate) prefix: String,
    pub(crate) database: String,
}

impl Scratch {
    pub(crate) async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("s{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let scratch = Self { database: format!("{prefix}_one"), prefix };
        scratch
            .superuser(&format!(
                "CREATE ROLE {0}_owner LOGIN CREATEROLE;
                CREATE ROLE {0}_login LOGIN NOINHERIT;
                CREATE ROLE {0}_support LOGIN NOINHERIT;
                CREATE ROLE {0}_provisioner LOGIN NOINHERIT CREATEROLE",
                scratch.prefix
            ))
            .await;
        scratch.create_database().await;
        scratch
    }

    /// Another database of the same cluster, with the same roles.
    pub(crate) async fn sibling(&self) -> Self {
        let prefix = self.prefix.clone();
        let sibling = Self { database: format!("{}_two", self.prefix), prefix };
        sibling.create_database().await;
        sibling
    }

    async fn create_database(&self) {
        let Self { prefix, database } = self;
        self.superuser(&format!("CREATE DATABASE {database} OWNER {prefix}_owner")).await;
    }

    /// A copy of this database, with the same roles.
    pub(crate) async fn copy(&self) -> Self {
        let database = format!("{}_{}", self.prefix, tenants_tests::unique_id());
        let copy = Self { prefix: self.prefix.clone(), database };
        let (name, from) = (&copy.database, &self.database);
        let create = format!("CREATE DATABASE {name} TEMPLATE {from} OWNER {}", self.role("owner"));
        self.superuser(&create).await;
        copy
    }

    /// Drops this database.
    pub(crate) async fn remove(self) {
        self.superuser(&format!("DROP DATABASE {} WITH (FORCE)", self.database)).await;
    }

    #[cfg(feature = "translations")]
    pub(crate) fn server() -> &'static Server {
        &SERVER
    }

    /// Where files go together with the server, however this process ends.
    pub(crate) fn directory() -> &'static Path {
        SERVER.directory()
    }

    pub(crate) fn superuser_url(&self) -> String {
        SERVER.superuser_url(&self.database)
    }

    /// The values of the first column, as the superuser sees them.
    pub(crate) async fn superuser_values(&self, sql: &str) -> Vec<String> {
        query(&self.superuser_url(), sql).await.unwrap()
    }

    /// Waits until a query has a row.
    pub(crate) async fn until(&self, sql: &str) {
        while self.superuser_values(sql).await.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn role(&self, part: &str) -> String {
        format!("{}_{part}", self.prefix)
    }

    pub(crate) fn roles(&self) -> Roles {
        let role = |part: &str| Identifier::new(self.role(part)).unwrap();
        Roles { app: role("app"), admin: role("admin") }
    }

    pub(crate) fn url(&self, part: &str) -> String {
        SERVER.url(&self.role(part), &self.database)
    }

    /// Runs statements as one of the roles.
    pub(crate) async fn run(&self, part: &str, sql: &str) {
        query(&self.url(part), sql).await.unwrap();
    }

    /// The values of the first column, or the SQLSTATE.
    pub(crate) async fn values(&self, part: &str, sql: &str) -> Result<Vec<String>, String> {
        query(&self.url(part), sql).await
    }

    pub(crate) async fn superuser(&self, sql: &str) {
        query(&SERVER.superuser_url("postgres"), sql).await.unwrap();
    }

    /// The same, in this database.
    pub(crate) async fn superuser_here(&self, sql: &str) {
        query(&SERVER.superuser_url(&self.database), sql).await.unwrap();
    }

    /// Flags, columns, policies, indexes and rights of all tables and schemas, in words.
    pub(crate) async fn snapshot(&self) -> String {
        let lines = query(&SERVER.superuser_url(&self.database), SNAPSHOT).await.unwrap();
        lines.join("\n")
    }

    /// `tenants <args>`, as the owner of the database and with roles of this scratch alone.
    pub(crate) fn tenants(&self, args: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_tenants"), args).output().unwrap()
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env("DATABASE_URL", self.url("owner"))
            .env_remove("DIESEL_CONFIG_FILE")
            .env_remove("MIGRATION_DIRECTORY");
        command
    }

    /// `tenants setup`, which must succeed.
    pub(crate) fn set_up(&self, more: &[&str]) -> String {
        let (login, roles) = (self.role("login"), self.role_args());
        let mut args = vec!["setup", "--login", &login];
        args.extend(roles.iter().map(String::as_str));
        args.extend(more);
        stdout(&self.tenants(&args))
    }

    pub(crate) fn role_args(&self) -> [String; 4] {
        let [app, admin] = ["app", "admin"].map(|part| self.role(part));
        ["--app-role".into(), app, "--admin-role".into(), admin]
    }

    /// `tenants migration generate <name>` in a directory.
    pub(crate) fn generate(&self, directory: &Path, name: &str) -> Output {
        let roles = self.role_args();
        let mut args = vec!["migration", "generate", name];
        args.extend(roles.iter().map(String::as_str));
        self.command(env!("CARGO_BIN_EXE_tenants"), &args).current_dir(directory).output().unwrap()
    }
}

/// What a command that succeeded said.
pub(crate) fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What was written, of a command that exits with a code.
pub(crate) fn written(output: &Output, code: i32) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}{errors}");
    text
}

/// What a command that failed with this code said.
pub(crate) fn stderr(output: &Output, code: i32) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

pub(crate) async fn query(url: &str, sql: &str) -> Result<Vec<String>, String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let messages = client.simple_query(sql).await;
    drop(client);
    connection.await.unwrap().unwrap();
    let messages = messages.map_err(|error| match error.as_db_error() {
        Some(error) => format!("{} {}", error.code().code(), error.message()),
        None => error.to_string(),
    })?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
        _ => None,
    });
    Ok(rows.collect())
}

/// A new directory, removed at the end.
pub(crate) struct Directory(std::path::PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tenants-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl std::ops::Deref for Directory {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
