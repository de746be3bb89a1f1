//! One question to a database.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How bad it is if a lint finds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Known, documented and possibly wanted; nobody is harmed unless something else fails.
    Info,
    /// Costs speed, or hides a fault that is none yet.
    Low,
    /// A layer of the defence is missing; another one still holds.
    Medium,
    /// Tenants learn of each other, harm each other, or the next change opens a table.
    High,
    /// Rows of one tenant can be read or written by another.
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word for it, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no [`Severity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a severity is one of `critical`, `high`, `medium`, `low` and `info`")]
pub struct SeverityError;

impl FromStr for Severity {
    type Err = SeverityError;

    fn from_str(word: &str) -> Result<Self, SeverityError> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word).ok_or(SeverityError)
    }
}

/// One question to a database, whose every answer is a fault.
pub struct Lint {
    /// Names the lint for ever, such as `T202`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What that means, and what it leads to.
    pub meaning: &'static str,
    /// What to do, in words.
    pub remedy: &'static str,
    /// How it asks.
    pub check: Check,
}

/// What a lint looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// The catalog alone.
    Catalog,
    /// Rows of tables too, for which whoever asks must be bound by no policy.
    Rows,
}

/// How a lint asks.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// A query of the catalog with one row for each fault: `object`, `detail` and `remedy`, which is SQL, and NULL
    /// where there is none.
    ///
    /// Its parameters are the fields of [`Target`](super::Target), in their order.
    Catalog(&'static str),
    /// The same, but for `query` in the place of `remedy`: a query whose one row says, as column `is_broken`,
    /// whether there are rows that make this a fault. It reads tables, with the settings of [`super::ROWS`].
    Rows(&'static str),
    /// A query that tells sessions apart, as column `session`, for [`super::sessions`]: asked on two connections
    /// in turn, outside of a transaction.
    Sessions(&'static str),
}

impl Lint {
    /// What it looks at. What reads rows takes its time, and runs only if it is asked for.
    #[must_use]
    pub const fn reads(&self) -> Reads {
        match self.check {
            Check::Rows(_) => Reads::Rows,
            Check::Catalog(_) | Check::Sessions(_) => Reads::Catalog,
        }
    }

    /// Where the documentation is.
    #[must_use]
    pub fn help_uri(&self) -> String {
        const PAGE: &str = "https://github.com/tenants-rs/tenants/blob/main/docs/doctor.md";
        format!("{PAGE}#{}", self.id.to_lowercase())
    }
}

/// Its texts are documentation, and its query is long.
impl fmt::Debug for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lint").field(&self.id).finish()
    }
}

/// Two lints are the same if their ids are.
impl PartialEq for Lint {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Lint {}
