//! Where the rows of a tenant live.

use std::fmt;
use std::sync::Arc;

use super::SchemaName;

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
mod tests {
    use super::*;

    #[test]
    fn a_url_is_not_shown() {
        let placement = Placement::Database(DatabaseUrl::new("postgres://u:s3cret@h/d"));
        assert_eq!(format!("{placement:?}"), "Database(DatabaseUrl(..))");
    }
}
