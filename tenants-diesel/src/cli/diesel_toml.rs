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
    /// The directory that was named is none. Its name is not told: it could be a URL in the wrong
    /// place.
    #[error(
        "what `{named_by}` names is not a directory: run `diesel setup`, or name another one with `--migration-dir`"
    )]
    NotADirectory {
        /// The argument, variable or file that names it.
        named_by: &'static str,
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
        let (named_by, path) = if let Some(path) = &self.argument {
            ("--migration-dir", self.current.join(path))
        } else if let Some(path) = &self.directory {
            ("MIGRATION_DIRECTORY", self.current.join(path))
        } else if let Some(path) = self.configured()? {
            ("diesel.toml", path)
        } else {
            return upwards(&self.current, |dir| dir.join("migrations").is_dir())
                .map(|dir| dir.join("migrations"))
                .ok_or(MigrationsDirectoryError::NotFound);
        };
        if path.is_dir() {
            Ok(path)
        } else {
            Err(MigrationsDirectoryError::NotADirectory { named_by })
        }
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
        let config: toml::Table = text.parse().map_err(|mut source: toml::de::Error| {
            // It would quote the line: where the variable names another file, possibly a password.
            source.set_input(None);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A project with every kind of migration directory, and one below to be in.
    fn surroundings(name: &str, toml: Option<&str>) -> Surroundings {
        let root = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let current = root.join("crates/app");
        for dir in
            ["migrations", "configured", "elsewhere", "crates/app/argument", "crates/app/variable"]
        {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        if let Some(toml) = toml {
            fs::write(root.join("diesel.toml"), toml).unwrap();
        }
        Surroundings { current, ..Surroundings::default() }
    }

    const CONFIGURED: &str = "[migrations_directory]\ndir = \"configured\"\n";

    #[test]
    fn the_argument_comes_before_the_variable_before_the_file_before_the_search() {
        let mut around = surroundings("order", Some(CONFIGURED));
        let root = around.current.parent().unwrap().parent().unwrap().to_owned();
        assert_eq!(around.migrations_directory().unwrap(), root.join("configured"));
        around.directory = Some("variable".into());
        assert_eq!(around.migrations_directory().unwrap(), around.current.join("variable"));
        around.argument = Some("argument".into());
        assert_eq!(around.migrations_directory().unwrap(), around.current.join("argument"));

        fs::remove_file(root.join("diesel.toml")).unwrap();
        let around = Surroundings { current: around.current, ..Surroundings::default() };
        assert_eq!(around.migrations_directory().unwrap(), root.join("migrations"));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_named_configuration_file_is_the_base_of_its_directory() {
        let mut around = surroundings("named", None);
        let root = around.current.parent().unwrap().parent().unwrap().to_owned();
        fs::write(
            root.join("elsewhere/d.toml"),
            "[migrations_directory]\ndir = \"../configured\"\n",
        )
        .unwrap();
        around.config_file = Some("../../elsewhere/d.toml".into());
        let found = around.migrations_directory().unwrap().canonicalize().unwrap();
        assert_eq!(found, root.join("configured").canonicalize().unwrap());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn what_is_not_there_or_not_toml_is_an_error_that_names_it() {
        let mut around = surroundings("broken", Some("DATABASE_URL=postgres://s3cret"));
        let root = around.current.parent().unwrap().parent().unwrap().to_owned();
        let error = around.migrations_directory().unwrap_err();
        assert!(matches!(error, MigrationsDirectoryError::Toml { .. }), "{error}");
        let source = std::error::Error::source(&error).unwrap();
        assert!(!format!("{error} {error:?} {source} {source:?}").contains("s3cret"));
        around.argument = Some("missing".into());
        let error = around.migrations_directory().unwrap_err();
        assert!(matches!(error, MigrationsDirectoryError::NotADirectory { .. }), "{error}");
        fs::remove_dir_all(root).unwrap();
        let around = Surroundings { current: "/".into(), ..Surroundings::default() };
        let error = around.migrations_directory().unwrap_err();
        assert!(matches!(error, MigrationsDirectoryError::NotFound), "{error}");
    }
}
