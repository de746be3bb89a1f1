//! Where the rows of a tenant live.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// Where the rows of a tenant live. It is stored when the tenant is made and never derived anew, so that a tenant that
/// gets another slug keeps its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Placement {
    /// In tables that all tenants share, kept apart by row-level security.
    #[default]
    Shared,
    /// In a schema of its own.
    Schema(SchemaName),
    /// In a database of its own.
    Database(DatabaseUrl),
}

impl Placement {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Schema(_) => "schema",
            Self::Database(_) => "database",
        }
    }
}

/// The name of a schema that holds the rows of one tenant: 1 to 63 of `a-z`, `0-9` and `_`, begun by a letter or `_`.
///
/// # Examples
///
/// ```
/// use tenants_core::store::SchemaName;
///
/// assert!("tenant_acme".parse::<SchemaName>().is_ok());
/// assert!("public".parse::<SchemaName>().is_err());
/// assert!("Acme".parse::<SchemaName>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName(Arc<str>);

/// Why a text is no name of a tenant's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaNameError {
    /// It is empty or longer than 63 bytes.
    #[error("the name of a schema has 1 to 63 characters, and this has {bytes} bytes")]
    Length {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It holds or begins with what would have to be quoted.
    #[error(
        "the name of a tenant's schema consists of `a-z`, `0-9` and `_`, and begins with no digit"
    )]
    Character,
    /// It is a schema of PostgreSQL's, of this library's or of everybody's.
    #[error(
        "`public`, `tenants`, `information_schema` and what begins with `pg_` hold no tenant's rows"
    )]
    Reserved,
}

impl SchemaName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SchemaName {
    type Err = SchemaNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(1..=crate::quote::MAX_IDENTIFIER_BYTES).contains(&text.len()) {
            return Err(SchemaNameError::Length { bytes: text.len() });
        }
        let is_plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !is_plain || text.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(SchemaNameError::Character);
        }
        if matches!(text, "public" | "tenants" | "information_schema") || text.starts_with("pg_") {
            return Err(SchemaNameError::Reserved);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where a tenant's own database is, password included.
///
/// `Debug` shows nothing of it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Arc<str>);

impl DatabaseUrl {
    /// Takes the URL as the driver will.
    #[must_use]
    pub fn new(url: impl Into<Arc<str>>) -> Self {
        Self(url.into())
    }

    /// The URL, to connect with and to show to nobody.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_tenants_schema() {
        let longest = "a".repeat(63);
        for name in ["tenant_acme", "_private", &longest] {
            assert_eq!(name.parse::<SchemaName>().unwrap().as_str(), name);
        }
        let long = "a".repeat(64);
        for (name, expected) in [
            ("", SchemaNameError::Length { bytes: 0 }),
            (&*long, SchemaNameError::Length { bytes: 64 }),
            ("Acme", SchemaNameError::Character),
            ("ac-me", SchemaNameError::Character),
            ("1acme", SchemaNameError::Character),
            ("public", SchemaNameError::Reserved),
            ("pg_temp", SchemaNameError::Reserved),
            ("information_schema", SchemaNameError::Reserved),
            ("tenants", SchemaNameError::Reserved),
        ] {
            assert_eq!(name.parse::<SchemaName>(), Err(expected), "{name:?}");
        }
    }

    #[test]
    fn a_url_is_not_shown() {
        let placement = Placement::Database(DatabaseUrl::new("postgres://u:s3cret@h/d"));
        assert_eq!(format!("{placement:?}"), "Database(DatabaseUrl(..))");
    }
}
