//! Writes a migration directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, Utc};
use thiserror::Error;

/// What a migration is called, behind its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationName(String);

/// A name that cannot be part of a directory's name everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MigrationNameError {
    /// The name has no characters.
    #[error("a migration needs a name, such as `protect_posts`")]
    Empty,
    /// The name is longer than file systems allow.
    #[error("a migration's name has at most {max} characters", max = MigrationName::MAX_BYTES)]
    TooLong,
    /// The name has something else than ASCII letters, digits, `_` and `-`.
    #[error("a migration's name consists of ASCII letters, digits, `_` and `-`")]
    Character,
}

impl MigrationName {
    /// The greatest length, in bytes.
    pub const MAX_BYTES: usize = 200;
}

impl FromStr for MigrationName {
    type Err = MigrationNameError;

    fn from_str(name: &str) -> Result<Self, MigrationNameError> {
        if name.is_empty() {
            return Err(MigrationNameError::Empty);
        }
        if name.len() > Self::MAX_BYTES {
            return Err(MigrationNameError::TooLong);
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(MigrationNameError::Character);
        }
        Ok(Self(name.to_owned()))
    }
}

/// Why no migration was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The migration directory could not be read or written.
    #[error("cannot write to migration directory `{path}`", path = path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is a migration of that name already, and it stays as it is.
    #[error("`{path}` exists already: choose another name", path = path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
}

/// Writes `up.sql` and `down.sql` to a new directory below `migrations`; both or none.
///
/// No `metadata.toml`: one that does not mention the transaction turns it off.
pub(super) fn write(
    migrations: &Path,
    now: DateTime<Utc>,
    name: &MigrationName,
    up: &str,
    down: &str,
) -> Result<PathBuf, WriteError> {
    let io = |source| WriteError::Io { path: migrations.to_owned(), source };
    let existing = directory_names(migrations).map_err(io)?;
    let suffix = format!("_{}", name.0);
    if let Some(namesake) = existing.iter().find(|existing| existing.ends_with(&suffix)) {
        if namesake.len() == VERSION_LENGTH + suffix.len() {
            return Err(WriteError::Exists { path: migrations.join(namesake) });
        }
    }
    let path = migrations.join(format!("{}{suffix}", unused_version(now, &existing)));
    // Diesel skips names that start with a dot.
    let draft = migrations.join(format!(".{}.{}", name.0, std::process::id()));
    let written = write_files(&draft, up, down).and_then(|()| fs::rename(&draft, &path));
    written.map_err(|source| {
        // What cannot be removed is only in the way, not applied.
        let _ = fs::remove_dir_all(&draft);
        if path.exists() { WriteError::Exists { path: path.clone() } } else { io(source) }
    })?;
    Ok(path)
}

/// `2026-11-21-000000-0000`
const VERSION_LENGTH: usize = 22;

/// As `diesel migration generate` numbers those of the same second.
fn unused_version(now: DateTime<Utc>, existing: &[String]) -> String {
    let second = now.format("%Y-%m-%d-%H%M%S").to_string();
    let mut version = format!("{second}-0000");
    let mut number: u32 = 0;
    while existing.iter().any(|existing| existing.starts_with(&version)) {
        number += 1;
        version = format!("{second}-{number:04x}");
    }
    version
}

fn directory_names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in path.read_dir()? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

fn write_files(draft: &Path, up: &str, down: &str) -> io::Result<()> {
    fs::create_dir(draft)?;
    fs::write(draft.join("up.sql"), up)?;
    fs::write(draft.join("down.sql"), down)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        path
    }

    fn name(name: &str) -> MigrationName {
        name.parse().unwrap()
    }

    #[test]
    fn migrations_of_one_second_are_numbered() {
        let root = directory("numbered");
        let written =
            ["a", "b"].map(|n| write(&root, DateTime::UNIX_EPOCH, &name(n), "up", "down"));
        let names = written.map(|path| path.unwrap().file_name().unwrap().to_owned());
        assert_eq!(names, ["1970-01-01-000000-0000_a", "1970-01-01-000000-0001_b"]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_namesake_is_refused_and_a_longer_name_is_none() {
        let root = directory("namesake");
        write(&root, DateTime::UNIX_EPOCH, &name("protect_posts"), "up", "down").unwrap();
        let refused = write(&root, Utc::now(), &name("protect_posts"), "other", "other");
        assert!(matches!(refused, Err(WriteError::Exists { .. })), "{refused:?}");
        write(&root, Utc::now(), &name("posts"), "up", "down").unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 2, "no draft is left");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_not_there_by_half() {
        let root = directory("half");
        let missing = root.join("missing");
        let refused = write(&missing, Utc::now(), &name("a"), "up", "down");
        assert!(matches!(refused, Err(WriteError::Io { .. })), "{refused:?}");
        // In the way of the draft.
        fs::write(root.join(format!(".a.{}", std::process::id())), "").unwrap();
        let refused = write(&root, Utc::now(), &name("a"), "up", "down");
        assert!(matches!(refused, Err(WriteError::Io { .. })), "{refused:?}");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_name_cannot_leave_the_directory() {
        for (refused, expected) in [
            ("", MigrationNameError::Empty),
            ("..", MigrationNameError::Character),
            ("a/b", MigrationNameError::Character),
            ("a\\b", MigrationNameError::Character),
            ("a b", MigrationNameError::Character),
            ("a\0", MigrationNameError::Character),
            (&"x".repeat(201), MigrationNameError::TooLong),
        ] {
            assert_eq!(refused.parse::<MigrationName>(), Err(expected), "{refused:?}");
        }
    }
}
