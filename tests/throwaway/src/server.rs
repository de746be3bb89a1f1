//! A running server.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;

use crate::account::RunAs;
use crate::programs::{FindError, Programs};
use crate::start::{self, PATIENCE};
use crate::watchdog::{Kind, Watchdog};

const POSTGRES: Kind = Kind { script: include_str!("postgres.sh"), is_ready };

/// Durability costs time, and nobody misses this data after a crash.
const SETTINGS: [(&str, &str); 10] = [
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("shared_buffers", "64MB"),
    ("max_connections", "300"),
    ("jit", "off"),
    ("timezone", "UTC"),
    ("log_min_messages", "warning"),
];

/// A PostgreSQL that runs until this is dropped or the process ends, however it ends.
///
/// The superuser is `postgres`. Every role may connect from this host without a password.
#[derive(Debug)]
pub struct Server {
    watchdog: Watchdog,
    programs: Programs,
    port: u16,
}

/// Starts a [`Server`] that is not like the others; made by [`Server::builder`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    programs: Option<Programs>,
    settings: Vec<(String, String)>,
}

/// Why no server was started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No programs were found.
    #[error(transparent)]
    Find(#[from] FindError),
    /// MariaDB is not installed.
    #[error("no MariaDB found: install it, such as `apt install mariadb-server`")]
    NoMariaDb,
    /// This process runs as root, which database servers refuse.
    #[error("the server does not run as root, and `/etc/passwd` has no `postgres` or `nobody`")]
    NoAccount,
    /// The shell that watches the server could not be run.
    #[error("cannot run the shell that watches the server")]
    Watchdog {
        /// What the operating system said.
        source: io::Error,
    },
    /// The loopback interface offers no port.
    #[error("cannot get a free port of the loopback interface")]
    Port {
        /// What the operating system said.
        source: io::Error,
    },
    /// Others took each port between its choice and the server's start.
    #[error("other programs took {attempts} free ports before the server could")]
    PortsTaken {
        /// How many ports were tried.
        attempts: usize,
    },
    /// The server, or what prepares it, ended by itself.
    #[error("the server ended before it was ready; its log says\n{log}")]
    Ended {
        /// What both wrote.
        log: String,
    },
    /// The server did not become ready in time.
    #[error("the server was not ready after {} seconds; its log says\n{log}", PATIENCE.as_secs())]
    Slow {
        /// What both wrote.
        log: String,
    },
}

impl Server {
    /// Starts a server with the programs that [`Programs::find`] returns.
    ///
    /// # Errors
    /// See [`StartError`]; most often, no programs were found.
    ///
    /// # Examples
    /// ```
    /// let server = throwaway::Server::start()?;
    /// assert!(server.url("alice", "shop").ends_with("/shop"));
    /// # Ok::<(), throwaway::StartError>(())
    /// ```
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// Returns a builder for a server with other settings or programs.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL by which a role reaches a database; neither need exist.
    pub fn url(&self, user: &str, database: &str) -> String {
        let (user, database) = (percent_encoded(user), percent_encoded(database));
        format!("postgres://{user}@{}:{}/{database}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Returns the URL by which the superuser `postgres` reaches a database.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url("postgres", database)
    }

    /// Returns what `initdb` and the server have written so far.
    pub fn log(&self) -> String {
        self.watchdog.log()
    }

    /// Returns the programs of this server.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Returns the directory that holds the server's data and log.
    ///
    /// Only the account of the server and root can read it.
    pub fn directory(&self) -> &Path {
        self.watchdog.directory()
    }
}

impl Builder {
    /// Adds a setting of `postgresql.conf`, which wins over earlier and built-in ones.
    ///
    /// The address and the port stay what they are.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Takes these programs instead of those that [`Programs::find`] returns.
    pub fn programs(mut self, programs: Programs) -> Self {
        self.programs = Some(programs);
        self
    }

    /// Starts the server and waits until it accepts connections.
    ///
    /// # Errors
    /// See [`StartError`]; an unknown setting is a [`StartError::Ended`] whose log names it.
    ///
    /// # Examples
    /// ```
    /// let server = throwaway::Server::builder().setting("log_statement", "all").start()?;
    /// assert!(server.log().contains("ready to accept connections"));
    /// # Ok::<(), throwaway::StartError>(())
    /// ```
    pub fn start(self) -> Result<Server, StartError> {
        self.start_on(start::free_port)
    }

    fn start_on(self, next_port: impl FnMut() -> io::Result<u16>) -> Result<Server, StartError> {
        let programs = match self.programs {
            Some(programs) => programs,
            None => Programs::find()?,
        };
        let run_as = RunAs::decide().ok_or(StartError::NoAccount)?;
        let (watchdog, port) = start::on(next_port, |port| {
            let settings = all_settings(&self.settings, port);
            let arguments: Vec<_> = settings
                .iter()
                .flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
                .collect();
            Watchdog::spawn(POSTGRES, programs.directory(), run_as, &arguments)
        })?;
        Ok(Server { watchdog, programs, port })
    }
}

/// By the eighth line of the file by which the server tells `pg_ctl` how far it is.
fn is_ready(directory: &Path) -> bool {
    let file = fs::read_to_string(directory.join("data/postmaster.pid"));
    let status = file.as_deref().unwrap_or_default().lines().nth(7);
    status.is_some_and(|status| status.trim_end() == "ready")
}

/// Loopback comes last, so that nothing can open a server that asks no password to the network.
fn all_settings(chosen: &[(String, String)], port: u16) -> Vec<(String, String)> {
    let built_in = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fixed = [
        ("listen_addresses".to_owned(), Ipv4Addr::LOCALHOST.to_string()),
        // The path of a socket may be too long, and nobody needs one.
        ("unix_socket_directories".to_owned(), String::new()),
        ("port".to_owned(), port.to_string()),
    ];
    built_in.into_iter().chain(chosen.iter().cloned()).chain(fixed).collect()
}

/// Encodes all but RFC 3986's unreserved characters.
fn percent_encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::start::{ATTEMPTS, free_port};

    #[test]
    fn encodes_names_for_urls() {
        assert_eq!(percent_encoded("shop_1"), "shop_1");
        assert_eq!(percent_encoded("a/b@é"), "a%2Fb%40%C3%A9");
    }

    #[test]
    fn lets_no_setting_open_the_server() {
        let chosen = [("listen_addresses".to_owned(), "*".to_owned())];
        let settings = all_settings(&chosen, 1);
        let last = settings.iter().rfind(|(name, _)| name == "listen_addresses").unwrap();
        assert_eq!(last.1, "127.0.0.1");
    }

    #[test]
    fn goes_on_to_another_port_if_one_is_taken() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = (taken.local_addr().unwrap().port(), taken);
        let mut offered = vec![free_port().unwrap(), taken.0];
        let free = offered[0];
        let server = Server::builder().start_on(|| Ok(offered.pop().unwrap())).unwrap();
        assert_eq!(server.port(), free);
    }

    #[test]
    fn gives_up_when_every_port_is_taken() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Server::builder().start_on(|| Ok(port)).unwrap_err();
        assert!(matches!(error, StartError::PortsTaken { attempts: ATTEMPTS }));
    }
}
