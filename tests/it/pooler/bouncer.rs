//! A PgBouncer in transaction mode.

use std::fs::{self, File, Permissions};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, thread};

use tenants_tests::{Database, server};

const ATTEMPTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(10);

/// From here on it carries prepared statements, if it is told to.
const CARRIES_FROM: (u32, u32) = (1, 21);

/// What a PgBouncer does with the names of prepared statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statements {
    /// It passes them on, as Debian 12's 1.18 does and later ones do unless told otherwise.
    PassedOn,
    /// It knows which client prepared what.
    Carried,
}

impl Statements {
    /// The program, and a line for its settings.
    fn program(self) -> (&'static str, &'static str) {
        let carries = |program: &&str| version(program).is_some_and(|found| found >= CARRIES_FROM);
        match self {
            Self::PassedOn if carries(&"pgbouncer") => ("pgbouncer", "max_prepared_statements = 0"),
            Self::PassedOn => ("pgbouncer", ""),
            Self::Carried => {
                let program = ["pgbouncer-next", "pgbouncer"].into_iter().find(carries);
                let program = program.expect(
                    "PgBouncer 1.21 or newer is on the PATH as `pgbouncer-next`: `.ci/pgbouncer` builds it",
                );
                (program, "max_prepared_statements = 100")
            }
        }
    }
}

fn version(program: &str) -> Option<(u32, u32)> {
    let output = Command::new(program).env("PATH", path()).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.lines().next()?.strip_prefix("PgBouncer ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// With the place where Debian puts it, which is not on the path of everybody.
fn path() -> String {
    format!("{}:/usr/sbin", env::var("PATH").unwrap_or_default())
}

/// Runs until it is dropped.
pub(super) struct Bouncer {
    process: Child,
    directory: PathBuf,
    port: u16,
}

impl Bouncer {
    /// Starts it with so many connections to the server for each login.
    pub(super) fn start(statements: Statements, size: usize) -> Self {
        let (program, setting) = statements.program();
        // Another program may take the free port first.
        (0..ATTEMPTS)
            .find_map(|_| Self::try_start(program, setting, size))
            .expect("PgBouncer starts")
    }

    fn try_start(program: &str, setting: &str, size: usize) -> Option<Self> {
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let directory = env::temp_dir().join(format!("bouncer-{}", uuid::Uuid::new_v4().simple()));
        write_settings(&directory, port, size, setting);
        let process = command(program, &directory).spawn().expect("`pgbouncer` is installed");
        let mut bouncer = Self { process, directory, port };
        bouncer.is_ready().then_some(bouncer)
    }

    fn is_ready(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait().unwrap() {
                let log = fs::read_to_string(self.directory.join("log")).unwrap();
                eprintln!("PgBouncer ended, {status}:\n{log}");
                return false;
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// The URL of a database through this pooler.
    pub(super) fn url(&self, db: &Database, login: &str) -> String {
        let direct = format!(":{}/", server().port());
        let url = db.url(login);
        assert!(url.contains(&direct));
        url.replace(&direct, &format!(":{}/", self.port))
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn write_settings(directory: &Path, port: u16, size: usize, setting: &str) {
    let users = directory.join("users");
    let settings = format!(
        "[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {size}
ignore_startup_parameters = extra_float_digits, options, role
{setting}
",
        host = Ipv4Addr::LOCALHOST,
        server_port = server().port(),
        users = users.display(),
    );
    fs::create_dir(directory).unwrap();
    fs::write(directory.join("settings"), settings).unwrap();
    fs::write(&users, "\"app_login\" \"\"\n\"admin_login\" \"\"\n\"postgres\" \"\"\n").unwrap();
    // Whoever PgBouncer runs as has to read them.
    fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    for file in ["settings", "users"] {
        fs::set_permissions(directory.join(file), Permissions::from_mode(0o644)).unwrap();
    }
}

fn command(program: &str, directory: &Path) -> Command {
    let log = File::create(directory.join("log")).unwrap();
    let mut command = Command::new(program);
    command.env("PATH", path()).arg(directory.join("settings"));
    // It refuses to run as root.
    if fs::metadata(directory).unwrap().uid() == 0 {
        command.args(["-u", "nobody"]);
    }
    command.stdout(log.try_clone().unwrap()).stderr(log);
    command
}
