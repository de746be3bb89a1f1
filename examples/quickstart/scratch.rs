//! A scratch database with logins of its own: on the server of `DATABASE_URL` if that is set,
//! otherwise on a throwaway server. Nothing stays behind, not even after `kill -9`.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tenants_diesel::Roles;
use throwaway::Server;
use url::Url;

use crate::Result;
use crate::names::Names;
use crate::remover::{self, Remover};

pub struct Scratch {
    /// The URL of the database's owner.
    pub owner_url: String,
    /// The URL of the login that serves requests.
    pub login_url: String,
    pub login: String,
    pub roles: Roles,
    pub place: String,
    directory: PathBuf,
    // Dropped in this order: what says that we live, then the database, then its server.
    _alive: AsyncPgConnection,
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
        let mut names = Names::random()?;
        if server.is_some() {
            // On a server of our own the names are free.
            (names.app, names.admin) = (Roles::default().app, Roles::default().admin);
        }
        // A throwaway server takes the database with it.
        let remover = Remover::spawn(server.is_none().then_some(&admin), &names)?;
        let directory = names.directory();
        DirBuilder::new().mode(0o700).create(&directory)?;
        let mut named = admin.clone();
        named.query_pairs_mut().append_pair("application_name", names.database.as_str());
        let mut alive = connect(named.as_str()).await?;
        remover::sweep(&mut alive).await;

        // Other users of the server see the names of databases, so a password is none of them.
        let password = uuid::Uuid::new_v4().simple().to_string();
        // One statement a message: CREATE DATABASE runs in no transaction.
        for statement in names.create(&password) {
            alive.batch_execute(&statement).await?;
        }
        let mut owner = admin;
        owner.set_path(names.database.as_str());
        // Pools refuse the default of PostgreSQL 14, by which everybody may create functions here.
        run(owner.as_str(), "REVOKE CREATE ON SCHEMA public FROM PUBLIC").await?;
        let mut login = owner.clone();
        login.set_username(names.login.as_str()).map_err(|()| "DATABASE_URL has no host")?;
        login.set_password(Some(&password)).map_err(|()| "DATABASE_URL has no host")?;
        Ok(Self {
            owner_url: owner.into(),
            login_url: login.into(),
            login: names.login.as_str().to_owned(),
            place: place(server.as_ref(), &names),
            roles: Roles { app: names.app, admin: names.admin },
            directory,
            _alive: alive,
            _remover: remover,
            _server: server,
        })
    }
}

fn place(server: Option<&Server>, names: &Names) -> String {
    match server {
        Some(server) => {
            format!("a throwaway PostgreSQL from {}", server.programs().directory().display())
        }
        None => format!("database {} on the server of DATABASE_URL", names.database.as_str()),
    }
}

impl Scratch {
    /// Runs `tenants setup` and `tenants migration generate`, as a developer would, and reads what
    /// they wrote.
    pub async fn generate_migration(&self) -> Result<String> {
        self.tenants(&["setup", "--login", &self.login]).await?;
        let path = self.directory.to_string_lossy();
        let generate = ["migration", "generate", "protect_posts", "--migration-dir", &*path];
        self.tenants(&generate).await?;
        read_only_migration(&self.directory)
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

pub async fn run(url: &str, sql: &str) -> Result<()> {
    Ok(connect(url).await?.batch_execute(sql).await?)
}

pub async fn connect(url: &str) -> Result<AsyncPgConnection> {
    Ok(AsyncPgConnection::establish(url).await?)
}
