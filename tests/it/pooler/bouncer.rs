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

/// Runs until it is dropped.
pub(super) struct Bouncer {
    process: Child,
    directory: PathBuf,
    port: u16,
}

impl Bouncer {
    /// Starts it with so many connections to the server for each login.
    pub(super) fn start(size: usize) -> Self {
        // Another program may take the free port first.
        (0..ATTEMPTS).find_map(|_| Self::try_start(size)).expect("PgBouncer starts")
    }

    fn try_start(size: usize) -> Option<Self> {
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let directory = env::temp_dir().join(format!("bouncer-{}", uuid::Uuid::new_v4().simple()));
        write_settings(&directory, port, size);
        let process = command(&directory).spawn().expect("`pgbouncer` is installed");
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

fn write_settings(directory: &Path, port: u16, size: usize) {
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

fn command(directory: &Path) -> Command {
    let log = File::create(directory.join("log")).unwrap();
    // Where Debian puts it, which is not on the path of everybody.
    let path = format!("{}:/usr/sbin", env::var("PATH").unwrap_or_default());
    let mut command = Command::new("pgbouncer");
    command.env("PATH", path).arg(directory.join("settings"));
    // It refuses to run as root.
    if fs::metadata(directory).unwrap().uid() == 0 {
        command.args(["-u", "nobody"]);
    }
    command.stdout(log.try_clone().unwrap()).stderr(log);
    command
}
