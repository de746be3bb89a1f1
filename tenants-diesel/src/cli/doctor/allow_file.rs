//! The file of findings that may stay.
//!
//! ```toml
//! [[allow]]
//! lint = "T407"
//! object = "pg_catalog.set_config"
//! reason = "a managed server: nobody is superuser there"
//! until = 2027-06-30
//! ```

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use tenants_core::doctor::{AllowList, AllowListError, Allowance};
use thiserror::Error;
use toml::value::Datetime;
use toml::{Table, Value};

/// Why a file holds no allowances.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AllowFileError {
    /// It cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is not TOML.
    #[error("`{path}` cannot be understood", path = path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It has a part that means nothing, and may be a misspelled one.
    #[error(
        "`{path}`: `{key}` is not known here, or not of its type: an `[[allow]]` has the texts `lint`, `object` and `reason`, and may have a date `until`",
        path = path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// The part.
        key: String,
    },
    /// An allowance is none.
    #[error("`{path}`: allowance {number}", path = path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        number: usize,
        /// Why.
        source: AllowListError,
    },
}

/// Reads a file; returns the allowances that hold on this day, and a note on each that does so no more.
pub(super) fn read(path: &Path, today: NaiveDate) -> Result<(AllowList, String), AllowFileError> {
    let text = fs::read_to_string(path)
        .map_err(|source| AllowFileError::Io { path: path.to_owned(), source })?;
    let file: Table = text.parse().map_err(|mut source: toml::de::Error| {
        // It would quote the line: who names another file by mistake may name one with a password.
        source.set_input(None);
        AllowFileError::Toml { path: path.to_owned(), source: Box::new(source) }
    })?;
    let refused = |key: &str| AllowFileError::Key { path: path.to_owned(), key: key.to_owned() };
    let mut entries = Vec::new();
    for (key, value) in file {
        match value {
            Value::Array(allowed) if key == "allow" => entries = allowed,
            _ => return Err(refused(&key)),
        }
    }
    let (mut list, mut notes) = (Vec::new(), String::new());
    for (index, entry) in entries.into_iter().enumerate() {
        let Value::Table(entry) = entry else { return Err(refused("allow")) };
        let entry = Entry::new(entry).map_err(|key| refused(&key))?;
        let allowance =
            Allowance::new(&entry.lint, &entry.object, &entry.reason).map_err(|source| {
                AllowFileError::Entry { path: path.to_owned(), number: index + 1, source }
            })?;
        match entry.until {
            Some(until) if until < today => {
                let Allowance { lint, object, .. } = allowance;
                let _ =
                    writeln!(notes, "the allowance of {} for {object} ended on {until}", lint.id);
            }
            _ => list.push(allowance),
        }
    }
    Ok((list.into_iter().collect(), notes))
}

/// An allowance as it is written. What is missing is empty, and refused for that.
#[derive(Default)]
struct Entry {
    lint: String,
    object: String,
    reason: String,
    until: Option<NaiveDate>,
}

impl Entry {
    /// The key that is not understood otherwise.
    fn new(table: Table) -> Result<Self, String> {
        let mut entry = Self::default();
        for (key, value) in table {
            match (key.as_str(), value) {
                ("lint", Value::String(text)) => entry.lint = text,
                ("object", Value::String(text)) => entry.object = text,
                ("reason", Value::String(text)) => entry.reason = text,
                ("until", Value::Datetime(Datetime { date: Some(date), .. })) => {
                    let (year, month, day) = (date.year.into(), date.month.into(), date.day.into());
                    entry.until = NaiveDate::from_ymd_opt(year, month, day);
                }
                _ => return Err(key),
            }
        }
        Ok(entry)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read_text(name: &str, text: &str) -> Result<(AllowList, String), AllowFileError> {
        let path = std::env::temp_dir().join(format!("{name}-{}.toml", std::process::id()));
        fs::write(&path, text).unwrap();
        let read = read(&path, NaiveDate::from_ymd_opt(2027, 1, 31).unwrap());
        fs::remove_file(path).unwrap();
        read
    }

    const ENTRY: &str = "[[allow]]\nlint = \"T407\"\nobject = \"*\"\nreason = \"managed\"\n";

    #[test]
    fn an_allowance_holds_until_its_last_day() {
        for (until, expected, said) in [
            ("", 1, ""),
            ("until = 2027-01-31\n", 1, ""),
            ("until = 2027-01-30\n", 0, "the allowance of T407 for * ended on 2027-01-30\n"),
        ] {
            let (list, notes) = read_text("until", &format!("{ENTRY}{until}")).unwrap();
            assert_eq!((list.entries().len(), notes.as_str()), (expected, said));
        }
        assert!(read_text("empty", "").unwrap().0.entries().is_empty());
    }

    #[test]
    fn what_is_not_understood_is_named_and_never_quoted() {
        for (text, said) in [
            (ENTRY.replace("managed", ""), "has no reason"),
            (ENTRY.replace("reason", "reasons"), "`reasons` is not known"),
            (ENTRY.replace("T407", "T999"), "there is no lint `T999`"),
            (ENTRY.replace("\"*\"", "7"), "`object` is not known here, or not of its type"),
            (format!("{ENTRY}until = \"soon\"\n"), "`until` is not known"),
            ("[allowed]\n".to_owned(), "`allowed` is not known"),
            ("allow = [1]".to_owned(), "`allow` is not known"),
            ("DATABASE_URL=postgres://s3cret".to_owned(), "cannot be understood"),
        ] {
            let refused = read_text("refused", &text).unwrap_err();
            let mut all = format!("{refused} {refused:?}");
            if let Some(cause) = std::error::Error::source(&refused) {
                all = format!("{all} {cause}");
            }
            assert!(all.contains(said), "{all}");
            assert!(!all.contains("s3cret"), "{all}");
        }
    }
}
