//! What three databases write differently.

use std::time::Duration;

/// A database that can hold the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// PostgreSQL 14 or newer.
    Postgres,
    /// SQLite 3.42 or newer.
    Sqlite,
    /// MySQL 8 and MariaDB 10.6, or newer.
    MySql,
}

impl Dialect {
    /// The table.
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Postgres => r#""tenants"."tenant""#,
            Self::Sqlite | Self::MySql => "tenants_tenant",
        }
    }

    /// What is read of a record, in the order of [`Record`](super::Record). A moment that is none, as `infinity`, is far
    /// from all others, and an error of nobody else's record.
    pub(super) const fn columns(self) -> &'static str {
        match self {
            Self::Postgres => {
                r#""id", "slug", "name", "status", "isolation", "schema_name", "database_url", "metadata"::text AS "metadata", "version",
    least(greatest(extract(epoch FROM "created_at") * 1000000, -9223372036854775808), 9223372036854775807)::bigint AS "created_at",
    least(greatest(extract(epoch FROM "updated_at") * 1000000, -9223372036854775808), 9223372036854775807)::bigint AS "updated_at""#
            }
            Self::Sqlite => {
                "id, slug, name, status, isolation, schema_name, database_url, metadata, version, created_at, updated_at"
            }
            Self::MySql => {
                "id, slug, name, status, isolation, schema_name, database_url, metadata, version,
    TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at) AS created_at, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', updated_at) AS updated_at"
            }
        }
    }

    /// A moment, of microseconds of the Unix epoch that follow as a value.
    pub(super) const fn moment(self) -> (&'static str, &'static str) {
        match self {
            Self::Postgres => ("timestamptz 'epoch' + ", " * interval '1 microsecond'"),
            Self::Sqlite => ("", ""),
            Self::MySql => ("TIMESTAMPADD(MICROSECOND, ", ", '1970-01-01')"),
        }
    }

    /// What goes around a text that is JSON.
    pub(super) const fn json(self) -> &'static str {
        match self {
            Self::Postgres => "::jsonb",
            Self::Sqlite | Self::MySql => "",
        }
    }

    /// What each change of a record sets. By a clock that was set back, no change is older than the one before.
    pub(super) const fn touch(self) -> &'static str {
        match self {
            Self::Postgres => {
                r#""version" = "version" + 1, "updated_at" = greatest("updated_at", clock_timestamp())"#
            }
            Self::Sqlite => {
                "version = version + 1, updated_at = max(updated_at, CAST(round(unixepoch('subsec') * 1000000) AS INTEGER))"
            }
            Self::MySql => {
                "version = version + 1, updated_at = greatest(updated_at, UTC_TIMESTAMP(6))"
            }
        }
    }

    /// What lets a search for a part of a slug or a name take an index, for a migration of your own; `None` where there
    /// is no such index.
    ///
    /// Without it a search reads all tenants, unless enough slugs begin with its text. With it a change of a tenant takes up
    /// to twice as long. It serves texts of three characters and more.
    ///
    /// # Executed SQL
    ///
    /// ```sql
    #[doc = include_str!("install/search_index.sql")]
    /// ```
    #[must_use]
    pub const fn search_index(self) -> Option<&'static str> {
        match self {
            Self::Postgres => Some(include_str!("install/search_index.sql")),
            Self::Sqlite | Self::MySql => None,
        }
    }

    /// What makes the table, step by step, for a migration of your own; `install` of a store runs those that were
    /// not run yet. None for PostgreSQL, whose table is a migration of the schema `tenants`.
    #[must_use]
    pub const fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &[],
            Self::Sqlite => &[include_str!("install/sqlite_1.sql")],
            Self::MySql => &[include_str!("install/mysql_1.sql")],
        }
    }

    /// Begins a transaction that waits for each lock no longer than this.
    ///
    /// In PostgreSQL that ends with the transaction. SQLite and MySQL know it for a connection alone, where it stays;
    /// MySQL counts seconds.
    #[must_use]
    pub fn begin(self, lock_timeout: Duration) -> String {
        // None at all would be forever in PostgreSQL.
        let milliseconds = lock_timeout.as_millis().clamp(1, i32::MAX as u128);
        match self {
            // What others changed meanwhile is met, and no reason to begin anew.
            Self::Postgres => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {milliseconds}"
            ),
            // Two transactions that both read before they write would fail each other.
            Self::Sqlite => format!("PRAGMA busy_timeout = {milliseconds}; BEGIN IMMEDIATE"),
            // Nor are gaps between records locked.
            Self::MySql => format!(
                "SET innodb_lock_wait_timeout = {}; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN",
                milliseconds.div_ceil(1_000)
            ),
        }
    }

    /// Whether a change returns the record. MySQL's does not.
    #[must_use]
    pub const fn returns(self) -> bool {
        !matches!(self, Self::MySql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_lock_is_waited_for_forever() {
        let begin = |dialect: Dialect, millis| dialect.begin(Duration::from_millis(millis));
        assert!(begin(Dialect::Postgres, 0).ends_with("SET LOCAL lock_timeout = 1"));
        assert!(
            begin(Dialect::Postgres, u64::MAX).ends_with("SET LOCAL lock_timeout = 2147483647")
        );
        assert!(begin(Dialect::Sqlite, 250).starts_with("PRAGMA busy_timeout = 250; "));
        assert!(begin(Dialect::MySql, 0).starts_with("SET innodb_lock_wait_timeout = 1; "));
        assert!(begin(Dialect::MySql, 1_001).starts_with("SET innodb_lock_wait_timeout = 2; "));
    }
}
