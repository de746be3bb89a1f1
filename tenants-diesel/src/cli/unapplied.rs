//! A migration directory that is not applied yet, and may so be changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::complete::CompleteError;

/// The files of a migration, as they are.
#[derive(Debug)]
pub(super) struct Unapplied {
    path: PathBuf,
    pub(super) up: String,
    pub(super) down: String,
}

impl Unapplied {
    /// Reads both files of a migration that Diesel will run in a transaction.
    pub(super) fn read(directory: &Path) -> Result<Self, CompleteError> {
        let missing = |file| move |_| CompleteError::NoMigration { file };
        let path = directory.canonicalize().map_err(missing("up.sql"))?;
        for file in ["up.sql", "down.sql"] {
            path.join(file).canonicalize().map_err(missing(file))?;
        }
        let read = |file: &str| {
            let file = path.join(file);
            fs::read_to_string(&file).map_err(|source| CompleteError::Io { path: file, source })
        };
        let (up, down) = (read("up.sql")?, read("down.sql")?);
        // As Diesel reads it: one that does not mention the transaction turns it off.
        if path.join("metadata.toml").exists() {
            let metadata = read("metadata.toml")?.parse::<toml::Table>().unwrap_or_default();
            if metadata.get("run_in_transaction").and_then(toml::Value::as_bool) != Some(true) {
                return Err(CompleteError::TransactionOff { path: path.join("metadata.toml") });
            }
        }
        Ok(Self { path, up, down })
    }

    /// The version, as Diesel reads it off the directory's name.
    pub(super) fn version(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.split('_').next().unwrap_or_default().replace('-', "")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes both files anew, or neither; whoever reads one meanwhile finds it whole.
    pub(super) fn replace(&self, up: &str, down: &str) -> Result<(), CompleteError> {
        let up = Replacement::write(&self.file("up.sql"), "new", up)?;
        let down = Replacement::write(&self.file("down.sql"), "new", down)?;
        let old = Replacement::write(&up.file, "old", &self.up)?;
        up.put()?;
        down.put().inspect_err(|_| {
            // The reason why the other file could not be replaced is what is told.
            let _ = old.put();
        })
    }
}

/// New contents beside a file, removed unless they take its place.
struct Replacement {
    file: PathBuf,
    draft: PathBuf,
}

impl Replacement {
    fn write(file: &Path, age: &str, text: &str) -> Result<Self, CompleteError> {
        let failed = |source: io::Error| CompleteError::Io { path: file.to_owned(), source };
        // What a link leads to is replaced, not the link.
        let file = file.canonicalize().map_err(failed)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        // Diesel skips names that start with a dot.
        let draft = file.with_file_name(format!(".{name}.{age}.{}", std::process::id()));
        let replacement = Self { file, draft };
        let written = fs::write(&replacement.draft, text).and_then(|()| {
            let permissions = fs::metadata(&replacement.file)?.permissions();
            fs::set_permissions(&replacement.draft, permissions)
        });
        written.map_err(failed)?;
        Ok(replacement)
    }

    fn put(&self) -> Result<(), CompleteError> {
        let failed = |source| CompleteError::Io { path: self.file.clone(), source };
        fs::rename(&self.draft, &self.file).map_err(failed)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // Not there any more if it took the file's place.
        let _ = fs::remove_file(&self.draft);
    }
}
