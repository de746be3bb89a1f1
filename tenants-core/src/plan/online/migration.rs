//! The files of one migration of a series.

use std::fmt::Write;

use crate::ddl::{index, lock_timeout, row_security};
use crate::plan::ROW_SECURITY;
use crate::quote::{Identifier, Sql, TableName};

/// What a migration of a series does, in the order of the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// Replaces functions.
    Functions,
    /// Adds the tenant column. Behind it, rows get their tenant.
    AddColumn,
    /// Refuses new rows without a tenant.
    Check,
    /// Looks whether all rows have one.
    Validate,
    /// Builds an index while others write.
    Index,
    /// Makes the indexes of the partitions one of the table.
    IndexOfPartitions,
    /// Takes what was looked at as the proof of NOT NULL.
    NotNull,
    /// All else: from here on the database keeps the tenants of a table apart.
    Isolate,
}

impl Part {
    /// As part of a directory's name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Functions => "functions",
            Self::AddColumn => "add_column",
            Self::Check => "check",
            Self::Validate => "validate",
            Self::Index => "index",
            Self::IndexOfPartitions => "index_of_partitions",
            Self::NotNull => "not_null",
            Self::Isolate => "isolate",
        }
    }

    const fn comment(self) -> &'static str {
        match self {
            Self::Functions => "-- What policies and pools call.\n",
            Self::AddColumn => ADD_COLUMN,
            Self::Check => CHECK,
            Self::Validate => VALIDATE,
            Self::Index => INDEX,
            Self::IndexOfPartitions => INDEX_OF_PARTITIONS,
            Self::NotNull => NOT_NULL,
            Self::Isolate => ISOLATE,
        }
    }
}

/// One migration of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// What it does.
    pub part: Part,
    /// The table or partition that it is about; `None` for what all of them share.
    pub on: Option<TableName>,
    /// The contents of `metadata.toml`, if there is one: without it, Diesel runs a migration in a transaction.
    pub metadata: Option<&'static str>,
    /// The contents of `up.sql`.
    pub up: String,
    /// The contents of `down.sql`.
    pub down: String,
}

/// One of the things that a file does.
pub(super) enum Action {
    /// Locks a table against everybody, for a moment.
    Lock(TableName),
    /// Waits for a lock that no statement of an application waits for.
    Wait,
    Run(Sql),
}

impl Migration {
    /// In a transaction of its own. Its files hold no names but in statements: a name may have a line's end in it.
    pub(super) fn new(
        part: Part,
        on: Option<&TableName>,
        up: impl IntoIterator<Item = Action>,
        down: impl IntoIterator<Item = Action>,
    ) -> Self {
        let (up, down) = (file(HEADER, part.comment(), up), file(HEADER_DOWN, "", down));
        Self { part, on: on.cloned(), metadata: None, up, down }
    }

    /// Alone in its files: Diesel sends each as one message, in which several statements would be a transaction.
    pub(super) fn of_index(name: &Identifier, table: &TableName, column: &Identifier) -> Self {
        let create = index::create_concurrently(name, table, column);
        let up = format!("{HEADER}{INDEX}{create};\n");
        let down = format!("{HEADER_DOWN}{};\n", index::drop_concurrently(name, table));
        let metadata = Some("run_in_transaction = false\n");
        Self { part: Part::Index, on: Some(table.clone()), metadata, up, down }
    }
}

fn file(header: &str, comment: &str, actions: impl IntoIterator<Item = Action>) -> String {
    let mut file = format!("{header}{comment}");
    // Writing to a String cannot fail.
    let _ = writeln!(file, "{ROW_SECURITY}\n{};", row_security::off_for_this_transaction());
    let mut actions = actions.into_iter().peekable();
    if matches!(actions.peek(), Some(Action::Run(_))) {
        file.push('\n');
    }
    for action in actions {
        let _ = match action {
            Action::Lock(table) => writeln!(file, "\n{LOCK}{};\n", lock_timeout::at_once(&table)),
            Action::Wait => writeln!(file, "\n{WAIT}{};\n", lock_timeout::for_this_transaction()),
            Action::Run(statement) => writeln!(file, "{statement};"),
        };
    }
    file
}

const HEADER: &str = "\
-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
";

const HEADER_DOWN: &str = "\
-- Written by `tenants migration generate --online`. Takes up.sql back.
";

const ADD_COLUMN: &str = "\
-- The tenant column, without a value, so that no row is written. From here on let the application write it;
-- `tenants backfill` fills it in for the rows that are there. The next migrations refuse to run before.
";

const CHECK: &str = "\
-- From here on no row is written without a tenant. Those that are there must have theirs, because PostgreSQL
-- would refuse to change them: fill them in with `tenants backfill`.
";

const VALIDATE: &str = "\
-- Reads all rows, while others read and write. If a row without a tenant is found, it came in before the
-- constraint: run `tenants backfill` and then this again.
";

const INDEX: &str = "\
-- Outside of a transaction, and so without another statement. If it fails or is interrupted, an index stays that is
-- marked INVALID and serves nobody: remove it with the statement in down.sql, and run this again.
";

const INDEX_OF_PARTITIONS: &str = "\
-- Each partition has its index by now, so that nothing is built here.
";

const NOT_NULL: &str = "\
-- PostgreSQL takes the constraint as the proof and reads no row.
";

const ISOLATE: &str = "\
-- From here on PostgreSQL itself keeps the rows of tenants apart: see \"tenants\".\"current_tenant\"(), which all
-- policies and defaults below name. Who is to see all rows from now on needs the role for cross-tenant work.
";

const LOCK: &str = "\
-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
";

const WAIT: &str = "\
-- No statement that reads or writes rows waits for this lock, or behind it.
";
