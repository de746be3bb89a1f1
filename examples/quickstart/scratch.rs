//! A scratch database with logins of its own: on the server of `DATABASE_URL` if that is set,
//! otherwise on a throwaway server. Nothing stays behind, not even after `kill -9`.

use std::env;
use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tenants_diesel::{Identifier, Roles};
use throwaway::Server;
use url::Url;

use crate::Result;

/// Set for the child process that removes the database when its parent has ended, however.
const REMOVE: &str = "TENANTS_QUICKSTART_REMOVE";

pub struct Scratch {
    /// The URL of the database's owner.
    pub owner_url: String,
    /// The URL of the login that serves requests.
    pub login_url: String,
    pub login: String,
    pub roles: Roles,
    pub place: String,
    // Dropped in this order: first the database, then the server that holds it.
    _remover: Remover,
    _server: Option<Server>,
}

impl Scratch {
    pub async fn create() -> Result<Self> {
        let (server, admin) = match env::var("DATABASE_URL") {
            Ok(url) => (None, Url::parse(&url).map_err(|_| "DATABASE_URL is not a URL")?),
            Err(_) => {
                let server = tokio::task::spawn_blocking(Server::start).await??;
                let url = Url::parse(&server.superuser_url("postgres"))?;
                (Some(server), url)
            }
        };
        let name = format!("tenants_quickstart_{}", uuid::Uuid::new_v4().simple());
        let name = &name[..name.len() - 20];
        let mut names = Names::new(name)?;
        if server.is_some() {
            // On a server of our own the names are free.
            (names.app, names.admin) = (Roles::default().app, Roles::default().admin);
        }
        let remover = Remover::spawn(&admin, name)?;
        let mut named = admin.clone();
        named.query_pairs_mut().append_pair("application_name", name);
        let mut connection = connect(named.as_str()).await?;
        // One statement a message: CREATE DATABASE runs in no transaction.
        for statement in names.create() {
            connection.batch_execute(&statement).await?;
        }
        let place = match &server {
            Some(server) => {
                format!("a throwaway PostgreSQL from {}", server.programs().directory().display())
            }
            None => format!("database {name} on the server of DATABASE_URL"),
        };
        let mut owner = admin;
        owner.set_path(name);
        let mut login = owner.clone();
        login.set_username(names.login.as_str()).map_err(|()| "DATABASE_URL has no host")?;
        login.set_password(Some(name)).map_err(|()| "DATABASE_URL has no host")?;
        Ok(Self {
            owner_url: owner.into(),
            login_url: login.into(),
            login: names.login.as_str().to_owned(),
            roles: Roles { app: names.app, admin: names.admin },
            place,
            _remover: remover,
            _server: server,
        })
    }
}

impl Scratch {
    /// Runs `tenants setup` and `tenants migration generate`, as a developer would, and reads what
    /// they wrote.
    pub async fn generate_migration(&self) -> Result<String> {
        let directory = env::temp_dir().join(format!("tenants-quickstart-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let setup = self.tenants(&["setup", "--login", &self.login]).await;
        let path = directory.to_string_lossy();
        let generate = ["migration", "generate", "protect_posts", "--migration-dir", &*path];
        let generated = match setup {
            Ok(()) => self.tenants(&generate).await,
            Err(error) => Err(error),
        };
        let up = generated.and_then(|()| read_only_migration(&directory));
        fs::remove_dir_all(&directory)?;
        up
    }

    async fn tenants(&self, arguments: &[&str]) -> Result<()> {
        let common = [
            ("--database-url", self.owner_url.as_str()),
            ("--app-role", self.roles.app.as_str()),
            ("--admin-role", self.roles.admin.as_str()),
        ];
        let mut command: Vec<String> = vec!["tenants".to_owned()];
        command.extend(arguments.iter().map(|&argument| argument.to_owned()));
        command
            .extend(common.iter().flat_map(|&(name, value)| [name.to_owned(), value.to_owned()]));
        // The command has a runtime of its own.
        tokio::task::spawn_blocking(move || {
            let (mut output, mut errors) = (Vec::new(), Vec::new());
            match tenants_diesel::cli::run_with(command, &mut output, &mut errors) {
                0 => Ok(()),
                _ => Err(String::from_utf8_lossy(&errors).into()),
            }
        })
        .await?
    }
}

fn read_only_migration(directory: &Path) -> Result<String> {
    let migration = fs::read_dir(directory)?.next().ok_or("no migration was written")??;
    Ok(fs::read_to_string(migration.path().join("up.sql"))?)
}

struct Names {
    database: Identifier,
    login: Identifier,
    app: Identifier,
    admin: Identifier,
}

impl Names {
    fn new(name: &str) -> Result<Self> {
        let named = |suffix| Identifier::new(format!("{name}{suffix}"));
        Ok(Self {
            database: named("")?,
            login: named("_login")?,
            app: named("_app")?,
            admin: named("_admin")?,
        })
    }

    fn create(&self) -> [String; 2] {
        let Self { database, login, .. } = self;
        [
            // The password only has to satisfy the server: the login ends with this program.
            format!("CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{}'", database.as_str()),
            format!("CREATE DATABASE {database}"),
        ]
    }

    fn remove(&self) -> [String; 2] {
        let Self { database, login, app, admin } = self;
        [
            format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
            format!("DROP ROLE IF EXISTS {login}, {app}, {admin}"),
        ]
    }
}

/// This program once more, waiting for its standard input to end: the kernel closes it whenever and
/// however the parent ends.
struct Remover(Child);

impl Remover {
    fn spawn(admin: &Url, name: &str) -> Result<Self> {
        let child = Command::new(env::current_exe()?)
            .env(REMOVE, name)
            .env("DATABASE_URL", admin.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // Ctrl-C goes to the whole process group of the terminal.
            .process_group(0)
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Does the work of that child process; `None` in every other process.
pub async fn remove() -> Option<Result<()>> {
    let name = env::var(REMOVE).ok()?;
    let mut input = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut input);
    Some(drop_all(&name).await)
}

async fn drop_all(name: &str) -> Result<()> {
    let url = env::var("DATABASE_URL")?;
    // A throwaway server may have ended together with the parent, and the database with it.
    let Ok(mut connection) = connect(&url).await else { return Ok(()) };
    // A statement that the parent sent outlives it.
    connection.batch_execute(&wait_for(name)).await?;
    for statement in Names::new(name)?.remove() {
        connection.batch_execute(&statement).await?;
    }
    Ok(())
}

fn wait_for(application: &str) -> String {
    format!(
        "DO $$ BEGIN FOR attempt IN 1..1000 LOOP
            PERFORM pg_stat_clear_snapshot();
            PERFORM FROM pg_stat_activity WHERE application_name = '{application}';
            EXIT WHEN NOT FOUND;
            PERFORM pg_sleep(0.01);
        END LOOP; END $$"
    )
}

#[allow(clippy::disallowed_methods, reason = "an owner's connection, outside of every scope")]
pub async fn run(url: &str, sql: &str) -> Result<()> {
    Ok(connect(url).await?.batch_execute(sql).await?)
}

async fn connect(url: &str) -> Result<AsyncPgConnection> {
    Ok(AsyncPgConnection::establish(url).await?)
}
