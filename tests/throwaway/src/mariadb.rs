//! A running MariaDB.

use std::env;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::account::RunAs;
use crate::server::StartError;
use crate::start;
use crate::watchdog::{Kind, Watchdog};

const MARIADB: Kind = Kind {
    script: include_str!("mariadb.sh"),
    // Written when the port is open.
    is_ready: |directory| directory.join("data/pid").exists(),
};

/// Durability costs time, and nobody misses this data after a crash. Loopback alone: the server asks no password.
const SETTINGS: [&str; 9] = [
    "--bind-address=127.0.0.1",
    "--socket=",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=32M",
    "--aria-pagecache-buffer-size=8M",
    "--max-connections=600",
];

/// A MariaDB that runs until this is dropped or the process ends, however it ends. Unlike PostgreSQL it is not fetched:
/// Debian's `mariadb-server` has it.
///
/// The superuser is `root`, who may connect from this host without a password.
#[derive(Debug)]
pub struct MariaDb {
    watchdog: Watchdog,
    port: u16,
}

impl MariaDb {
    /// Starts a server with the programs that are on the search path, in `/usr/bin` and in `/usr/sbin`.
    ///
    /// # Errors
    /// See [`StartError`]; most often, none is installed.
    pub fn start() -> Result<Self, StartError> {
        let programs = installation().ok_or(StartError::NoMariaDb)?;
        let run_as = RunAs::decide().ok_or(StartError::NoAccount)?;
        let (watchdog, port) = start::on(start::free_port, |port| {
            let port = format!("--port={port}");
            let arguments: Vec<_> = SETTINGS.into_iter().chain([&*port]).map(Into::into).collect();
            Watchdog::spawn(MARIADB, &programs, run_as, &arguments)
        })?;
        Ok(Self { watchdog, port })
    }

    /// Returns the URL by which the superuser reaches a database, which need not exist.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@{}:{}/{database}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Returns the directory that holds the server's data and log.
    pub fn directory(&self) -> &Path {
        self.watchdog.directory()
    }
}

/// The directory of what prepares a server.
fn installation() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories = env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
    directories.find(|it| it.is_absolute() && it.join("mariadb-install-db").is_file())
}
