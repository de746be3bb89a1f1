//! Writes a migration directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
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

impl MigrationName {
    /// The name of one migration of a series. Of a table's name, it keeps what file systems take.
    pub(super) fn of_part(&self, part: &str, table: Option<&str>) -> String {
        let mut name = format!("{}_{part}", self.0);
        if let Some(table) = table {
            let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            let room = Self::MAX_BYTES.saturating_sub(name.len());
            name.push('_');
            name.extend(table.chars().map(kept).take(room));
        }
        name
    }
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

/// What a migration's directory holds.
pub(super) struct Files<'a> {
    /// What it is called, behind its version.
    pub(super) name: String,
    pub(super) up: &'a str,
    pub(super) down: &'a str,
    /// None, as a rule: a `metadata.toml` that does not mention the transaction turns it off.
    pub(super) metadata: Option<&'a str>,
}

/// Writes `up.sql` and `down.sql` to a new directory below `migrations`; both or none.
pub(super) fn write(
    migrations: &Path,
    now: DateTime<Utc>,
    name: &MigrationName,
    up: &str,
    down: &str,
) -> Result<PathBuf, WriteError> {
    let files = Files { name: name.0.clone(), up, down, metadata: None };
    let written = write_series(migrations, now, &[files])?;
    Ok(written.into_iter().collect())
}

/// Writes the migrations of a series to new directories, whose versions are in their order; all or none.
pub(super) fn write_series(
    migrations: &Path,
    now: DateTime<Utc>,
    series: &[Files<'_>],
) -> Result<Vec<PathBuf>, WriteError> {
    let io = |source| WriteError::Io { path: migrations.to_owned(), source };
    let existing = directory_names(migrations).map_err(io)?;
    for files in series {
        let suffix = format!("_{}", files.name);
        if let Some(namesake) = existing.iter().find(|existing| existing.ends_with(&suffix)) {
            if namesake.len() == VERSION_LENGTH + suffix.len() {
                return Err(WriteError::Exists { path: migrations.join(namesake) });
            }
        }
    }
    let named = |(version, files): (String, &Files<'_>)| format!("{version}_{}", files.name);
    let names: Vec<_> = unused_versions(now, &existing).zip(series).map(named).collect();
    let paths: Vec<_> = names.iter().map(|name| migrations.join(name)).collect();
    // Diesel skips names that start with a dot.
    let draft = |name| migrations.join(format!(".{name}.{}", process::id()));
    let drafts: Vec<_> = names.iter().map(draft).collect();
    let mut begun = Vec::new();
    let written = drafts.iter().zip(series).try_for_each(|(draft, files)| {
        begun.push(draft);
        write_files(draft, files).map_err(io)
    });
    let written = written.and_then(|()| {
        paths.iter().zip(&drafts).try_for_each(|(path, draft)| {
            fs::rename(draft, path).map_err(|source| match path.exists() {
                true => WriteError::Exists { path: path.clone() },
                false => io(source),
            })?;
            begun.push(path);
            Ok(())
        })
    });
    if let Err(error) = written {
        for path in begun {
            // What cannot be removed is only in the way, not applied.
            let _ = fs::remove_dir_all(path);
        }
        return Err(error);
    }
    Ok(paths)
}

/// `2026-11-21-000000-0000`
const VERSION_LENGTH: usize = 22;

/// As `diesel migration generate` numbers those of the same second.
fn unused_versions(now: DateTime<Utc>, existing: &[String]) -> impl Iterator<Item = String> {
    let second = now.format("%Y-%m-%d-%H%M%S").to_string();
    let versions = (0..=u16::MAX).map(move |number| format!("{second}-{number:04x}"));
    versions.filter(|version| !existing.iter().any(|existing| existing.starts_with(version)))
}

fn directory_names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in path.read_dir()? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

fn write_files(draft: &Path, files: &Files<'_>) -> io::Result<()> {
    fs::create_dir(draft)?;
    fs::write(draft.join("up.sql"), files.up)?;
    fs::write(draft.join("down.sql"), files.down)?;
    files.metadata.map_or(Ok(()), |metadata| fs::write(draft.join("metadata.toml"), metadata))
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
        let draft = format!(".1970-01-01-000000-0000_a.{}", process::id());
        fs::write(root.join(draft), "").unwrap();
        let refused = write(&root, DateTime::UNIX_EPOCH, &name("a"), "up", "down");
        assert!(matches!(refused, Err(WriteError::Io { .. })), "{refused:?}");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_series_is_written_in_its_order_or_not_at_all() {
        let root = directory("series");
        let files = |name: &str| Files {
            name: name.to_owned(),
            up: "up",
            down: "down",
            metadata: (name == "b").then_some("run_in_transaction = false"),
        };
        let names: Vec<_> = (0..18).map(|number| format!("z{}", 18 - number)).collect();
        let series: Vec<_> = names.iter().map(|name| files(name)).collect();
        let written = write_series(&root, DateTime::UNIX_EPOCH, &series).unwrap();
        assert!(written.is_sorted(), "{written:?}");
        for (path, name) in written.iter().zip(&names) {
            assert!(path.to_str().unwrap().ends_with(&format!("_{name}")), "{path:?}");
        }
        // In the way of the last draft.
        let draft = format!(".1970-01-01-000000-0014_c.{}", process::id());
        fs::write(root.join(draft), "").unwrap();
        let refused = write_series(&root, DateTime::UNIX_EPOCH, &["a", "b", "c"].map(files));
        assert!(matches!(refused, Err(WriteError::Io { .. })), "{refused:?}");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 19);
        let written = write_series(&root, Utc::now(), &["a", "b"].map(files)).unwrap();
        assert!(!written[0].join("metadata.toml").exists());
        assert!(written[1].join("metadata.toml").exists());
        let refused = write_series(&root, Utc::now(), &["d", "b"].map(files));
        assert!(matches!(refused, Err(WriteError::Exists { .. })), "{refused:?}");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 21);
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
