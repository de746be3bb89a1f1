//! How long an application is held up while its tenants are isolated: by a series of migrations, and by one.
//!
//! Run with `cargo bench --bench adoption`, or `cargo bench --bench adoption -- 100000` for fewer rows than 5 million.
//! Fails if a statement of the application took longer than a second while a series ran.

// The struct is here for its tag alone.
#![allow(dead_code, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "an application that has no tenants yet")]

mod load;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::{Connection, PgConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use tenants_diesel::{WithRls, cli};
use throwaway::Server;

use load::Load;

diesel::table! {
    posts (id) { id -> BigInt, account -> BigInt, title -> Text, tenant -> Text, }
}

#[derive(WithRls)]
#[diesel(table_name = posts)]
struct Post;

const ROWS: i64 = 5_000_000;
const LIMIT: Duration = Duration::from_secs(1);
const TENANT: &str = "'t' || account";

fn main() -> ExitCode {
    let rows = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(ROWS);
    let settings = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")];
    let server =
        settings.into_iter().fold(Server::builder(), |it, (name, value)| it.setting(name, value));
    let server = server.start().expect("the server starts");
    prepare(&server, rows);
    println!("{rows} rows\n\nA series:\n");
    let online = Path::new(&server, "online", rows).online();
    println!("\nOne statement and one migration:\n");
    let plain = Path::new(&server, "plain", rows).plain();
    println!("\nLongest statement: {online:.0?} by a series, {plain:.0?} otherwise.");
    if online > LIMIT { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Two databases with the same rows, whose application connects as `shop`.
fn prepare(server: &Server, rows: i64) {
    let run = |user: &str, database: &str, sql: &str| {
        let mut connection = connect(&server.url(user, database));
        connection.batch_execute(sql).expect("the database is prepared");
    };
    run(
        "postgres",
        "postgres",
        "CREATE ROLE owner LOGIN CREATEROLE; CREATE ROLE login LOGIN NOINHERIT; CREATE ROLE shop LOGIN",
    );
    run("postgres", "postgres", "CREATE DATABASE online OWNER owner");
    run(
        "owner",
        "online",
        &format!(
            "CREATE TABLE posts (id bigint PRIMARY KEY, account bigint NOT NULL, title text NOT NULL);
            INSERT INTO posts SELECT i, i % 500, 'title ' || i FROM generate_series(1, {rows}) AS i;
            GRANT SELECT, INSERT, UPDATE, DELETE ON posts TO shop"
        ),
    );
    tenants(&["setup", "--login", "login"], &server.url("owner", "online"));
    run("postgres", "online", "VACUUM ANALYZE");
    run("postgres", "postgres", "CREATE DATABASE plain TEMPLATE online OWNER owner");
    // The old version of the application is to see all rows until the new one has taken its place.
    run("postgres", "postgres", "GRANT tenants_admin TO shop");
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("the server accepts")
}

/// The command, as the owner.
fn tenants(args: &[&str], url: &str) {
    let args = [&["tenants"], args, &["--database-url", url]].concat();
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let code = cli::run_with(args, &mut output, &mut errors);
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&errors));
}

/// The way of one database to isolated tenants, and back.
struct Path {
    url: String,
    connection: PgConnection,
    migrations: PathBuf,
    load: Load,
}

impl Path {
    fn new(server: &Server, database: &str, rows: i64) -> Self {
        let url = server.url("owner", database);
        let migrations =
            std::env::temp_dir().join(format!("adoption-{database}-{}", std::process::id()));
        fs::create_dir_all(&migrations).expect("a directory");
        println!("| step | attempts | seconds | longest statement, ms | statements |");
        println!("|---|---:|---:|---:|---:|");
        let load = Load::start(&server.url("shop", database), rows);
        let mut this = Self { connection: connect(&url), url, migrations, load };
        this.step("nothing", |_| thread::sleep(Duration::from_secs(5)));
        this
    }

    fn online(mut self) -> Duration {
        self.generate(&["adopt", "--online"]);
        let mut is_filled = false;
        while let Some(name) = self.pending() {
            if name.contains("_check_") && !is_filled {
                self.load.name_tenant(true);
                self.step("back-fill", |this| {
                    tenants(&["backfill", "posts", "--set", TENANT], &this.url)
                });
                is_filled = true;
            }
            self.step(&name, |this| this.migrate());
        }
        self.back()
    }

    fn plain(mut self) -> Duration {
        self.step("add the column", |this| this.run("ALTER TABLE posts ADD COLUMN tenant text"));
        self.load.name_tenant(true);
        self.step("fill it in", |this| {
            this.run(&format!("UPDATE posts SET tenant = {TENANT} WHERE tenant IS NULL"))
        });
        self.generate(&["adopt"]);
        self.step("the migration", |this| this.migrate());
        self.back()
    }

    fn run(&mut self, sql: &str) {
        self.connection.batch_execute(sql).expect("the statement runs");
    }

    fn generate(&self, more: &[&str]) {
        let directory = self.migrations.to_str().expect("a path");
        let args = [&["migration", "generate"], more, &["--migration-dir", directory]].concat();
        tenants(&args, &self.url);
    }

    fn source(&self) -> FileBasedMigrations {
        FileBasedMigrations::from_path(&self.migrations).expect("the migrations are read")
    }

    fn pending(&mut self) -> Option<String> {
        let source = self.source();
        let pending = MigrationHarness::<Pg>::pending_migrations(&mut self.connection, source);
        pending.expect("the migrations are read").first().map(|next| next.name().to_string())
    }

    /// Runs the next migration, again if it gave up.
    fn migrate(&mut self) -> u32 {
        let source = self.source();
        attempts(|| {
            self.connection
                .run_next_migration(source.clone())
                .map(drop)
                .map_err(|error| error.to_string())
        })
    }

    /// Takes all migrations back; returns what the longest statement of the whole way took.
    fn back(mut self) -> Duration {
        let source = self.source();
        let applied = MigrationHarness::<Pg>::applied_migrations(&mut self.connection);
        for _ in 0..applied.expect("the migrations are read").len() {
            let applied = MigrationHarness::<Pg>::applied_migrations(&mut self.connection);
            let version = applied.expect("the migrations are read")[0].to_string();
            let is_it = |name: &String| name.replace('-', "").starts_with(&version);
            let name = names(&self.migrations).into_iter().find(is_it).expect("its directory");
            if name.contains("_add_column_") {
                self.load.name_tenant(false);
            }
            let revert = |this: &mut Self| {
                let connection = &mut this.connection;
                attempts(|| {
                    connection
                        .revert_last_migration(source.clone())
                        .map(drop)
                        .map_err(|error| error.to_string())
                })
            };
            self.step(&format!("{name}, back"), revert);
        }
        let (failed, longest) = self.load.end();
        assert_eq!(failed, 0, "statements of the application failed");
        let _ = fs::remove_dir_all(&self.migrations);
        longest
    }

    /// Measures what the application notices of a step, and prints it.
    fn step<T: Attempts>(&mut self, name: &str, run: impl FnOnce(&mut Self) -> T) {
        self.load.next_step();
        let begun = Instant::now();
        let attempts = run(self).number();
        let took = begun.elapsed().as_secs_f64();
        let (longest, statements) = self.load.of_step();
        let name = name.split_once("_adopt_").map_or(name, |(_, name)| name);
        println!("| {name} | {attempts} | {took:.1} | {} | {statements} |", longest.as_millis());
    }
}

fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the migrations are read");
    entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect()
}

/// How often a step was begun.
trait Attempts {
    fn number(&self) -> u32;
}

impl Attempts for () {
    fn number(&self) -> u32 {
        1
    }
}

impl Attempts for u32 {
    fn number(&self) -> u32 {
        *self
    }
}

/// Until it does not give up on a lock.
fn attempts(mut run: impl FnMut() -> Result<(), String>) -> u32 {
    for attempt in 1.. {
        match run() {
            Ok(()) => return attempt,
            Err(error) if error.contains("timeout") && attempt < 100 => {
                thread::sleep(Duration::from_secs(1))
            }
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("it ended or failed")
}
