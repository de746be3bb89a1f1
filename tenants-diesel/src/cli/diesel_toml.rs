//! Where migrations are, as the `diesel` command finds them.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why there is no migration directory.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MigrationsDirectoryError {
    /// There is none here or above.
    #[error(
        "no migration directory was found: run `diesel setup`, or name it with `--migration-dir`"
    )]
    NotFound,
    /// The directory that was named is none.
    #[error(
        "`{path}` is not a directory: run `diesel setup`, or name another one with `--migration-dir`",
        path = path.display()
    )]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// `diesel.toml` could not be read.
    #[error("cannot read `{path}`", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// `diesel.toml` is not TOML.
    #[error("`{path}` cannot be understood", path = path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
}

/// What the answer depends on, apart from files.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// `--migration-dir`
    pub(super) argument: Option<PathBuf>,
    /// `MIGRATION_DIRECTORY`
    pub(super) directory: Option<OsString>,
    /// `DIESEL_CONFIG_FILE`
    pub(super) config_file: Option<OsString>,
    /// The current directory.
    pub(super) current: PathBuf,
}

impl Surroundings {
    pub(super) fn of_process(argument: Option<PathBuf>) -> Result<Self, MigrationsDirectoryError> {
        let current = std::env::current_dir()
            .map_err(|source| MigrationsDirectoryError::Io { path: PathBuf::from("."), source })?;
        Ok(Self {
            argument,
            directory: std::env::var_os("MIGRATION_DIRECTORY"),
            config_file: std::env::var_os("DIESEL_CONFIG_FILE"),
            current,
        })
    }

    /// The argument, else the variable, else `diesel.toml`, else the next `migrations` upwards.
    pub(super) fn migrations_directory(&self) -> Result<PathBuf, MigrationsDirectoryError> {
        let named = self.argument.clone().or_else(|| self.directory.clone().map(PathBuf::from));
        let path = match named {
            Some(path) => self.current.join(path),
            None => match self.configured()? {
                Some(path) => path,
                None => upwards(&self.current, |dir| dir.join("migrations").is_dir())
                    .map(|dir| dir.join("migrations"))
                    .ok_or(MigrationsDirectoryError::NotFound)?,
            },
        };
        if path.is_dir() { Ok(path) } else { Err(MigrationsDirectoryError::NotADirectory { path }) }
    }

    /// `dir` of `[migrations_directory]`; a relative one is relative to the file.
    fn configured(&self) -> Result<Option<PathBuf>, MigrationsDirectoryError> {
        let file = match &self.config_file {
            Some(file) => self.current.join(file),
            None => match upwards(&self.current, |dir| dir.join("diesel.toml").is_file()) {
                Some(dir) => dir.join("diesel.toml"),
                None => return Ok(None),
            },
        };
        if !file.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&file)
            .map_err(|source| MigrationsDirectoryError::Io { path: file.clone(), source })?;
        let config: toml::Table = text.parse().map_err(|source| {
            MigrationsDirectoryError::Toml { path: file.clone(), source: Box::new(source) }
        })?;
        let dir = config.get("migrations_directory").and_then(|section| section.get("dir"));
        let base = file.parent().unwrap_or(&self.current);
        Ok(dir.and_then(toml::Value::as_str).map(|dir| base.join(dir)))
    }
}

fn upwards(from: &Path, is_it: impl Fn(&Path) -> bool) -> Option<&Path> {
    from.ancestors().find(|dir| is_it(dir))
}
