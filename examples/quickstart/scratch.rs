//! A scratch database with logins of its own: on the server of `DATABASE_URL` if that is set,
//! otherwise on a throwaway server. Nothing stays behind, not even after `kill -9`.

use std::env;
use std::error::Error;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tenants_diesel::{Identifier, Roles};
use throwaway::Server;
use url::Url;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

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
        let names = Names::new(name)?;
        let remover = Remover::spawn(&admin, name)?;
        let mut connection = connect(admin.as_str()).await?;
        // One statement a message: CREATE DATABASE runs in no transaction.
        for statement in names.create() {
            connection.batch_execute(&statement).await?;
        }
        let place = match &server {
            Some(server) => format!("a throwaway PostgreSQL from {}", server.programs().directory().display()),
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
    for statement in Names::new(name)?.remove() {
        connection.batch_execute(&statement).await?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "an owner's connection, outside of every scope")]
pub async fn run(url: &str, sql: &str) -> Result<()> {
    Ok(connect(url).await?.batch_execute(sql).await?)
}

async fn connect(url: &str) -> Result<AsyncPgConnection> {
    Ok(AsyncPgConnection::establish(url).await?)
}
