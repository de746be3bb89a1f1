//! The keys of tables of tenants, as the server writes them down.

use crate::quote::{Deparsed, Identifier, TableName};

/// A primary, unique or exclusion key, or one of a partition that is part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueKey {
    /// The table or the partition.
    pub table: TableName,
    /// The constraint, or the index if there is no constraint.
    pub name: Identifier,
    /// The key that it is a part of, by the schema and name of its index; `None` unless of a partition.
    pub above: Option<TableName>,
    /// What makes it unique.
    pub form: KeyForm,
    /// Its columns in order, without its expressions.
    pub columns: Vec<Identifier>,
    /// Whether a foreign key may reference it: it has no expression and no condition, and is checked at once.
    pub is_plain: bool,
    /// Whether the tenant column is one of its columns.
    pub has_tenant: bool,
    /// Whether its index has all rows, and would serve the policies if it began with the tenant column.
    pub serves_all_rows: bool,
    /// Whether `CLUSTER` orders the table by it.
    pub is_clustered: bool,
    /// Its definition up to the first column.
    pub head: Deparsed,
    /// The columns, and what follows them.
    pub rest: Deparsed,
    /// What follows at the very end: storage parameters and deferral.
    pub tail: Deparsed,
    /// Where its index is, if not at the database's default.
    pub tablespace: Option<Identifier>,
    /// `COMMENT ON CONSTRAINT`
    pub constraint_comment: Option<String>,
    /// `COMMENT ON INDEX`
    pub index_comment: Option<String>,
    /// Why its definition cannot be another one.
    pub obstacle: Option<UniqueKeyObstacle>,
    /// What else of the database is there by virtue of it, in words.
    pub dependents: Vec<String>,
}

impl UniqueKey {
    /// Schema and name of its index.
    #[must_use]
    pub fn index(&self) -> TableName {
        TableName::new(Some(self.table.schema().clone()), self.name.clone())
    }
}

/// What makes a key unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// `PRIMARY KEY`, `UNIQUE` or `EXCLUDE`
    Constraint,
    /// `CREATE UNIQUE INDEX`
    Index,
}

/// Why the definition of a key cannot begin with another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UniqueKeyObstacle {
    /// `EXCLUDE`, or a key `WITHOUT OVERLAPS`.
    Exclusion,
    /// Its index was never finished, and holds for nothing.
    Invalid,
    /// An index has no room for one more.
    Columns,
    /// It is written in a way that is not known.
    Definition,
}

impl UniqueKeyObstacle {
    /// Reads the answer of [`UNIQUE_KEYS`](super::UNIQUE_KEYS).
    #[must_use]
    pub fn from_catalog(obstacle: &str) -> Self {
        match obstacle {
            "exclusion" => Self::Exclusion,
            "invalid" => Self::Invalid,
            "columns" => Self::Columns,
            _ => Self::Definition,
        }
    }
}

/// A foreign key that references a table of tenants, be it from one that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The table that has it.
    pub table: TableName,
    /// The constraint.
    pub name: Identifier,
    /// The table of tenants.
    pub references: TableName,
    /// The tenant column of that.
    pub referenced_tenant: Identifier,
    /// The key of that, by the schema and name of its index.
    pub referenced_key: TableName,
    /// Its columns, in order.
    pub columns: Vec<Identifier>,
    /// Those of the table of tenants, in the same order.
    pub referenced_columns: Vec<Identifier>,
    /// What follows a change of the referenced key.
    pub on_update: Action,
    /// What follows the end of the referenced row.
    pub on_delete: Action,
    /// The columns that `ON DELETE` sets; empty for all.
    pub set_columns: Vec<Identifier>,
    /// Whether the server knows such a list.
    pub may_name_set: bool,
    /// `MATCH FULL`
    pub is_match_full: bool,
    /// Whether one of its columns allows NULL.
    pub allows_null: bool,
    /// Deferral, and whether it is valid.
    pub tail: Deparsed,
    /// As `pg_get_constraintdef` writes it.
    pub definition: Deparsed,
    /// `COMMENT ON CONSTRAINT`
    pub comment: Option<String>,
    /// Why it could not be restored as it is.
    pub obstacle: Option<ForeignKeyObstacle>,
}

/// What a foreign key does where the referenced row changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// `NO ACTION`
    No,
    /// `RESTRICT`
    Restrict,
    /// `CASCADE`
    Cascade,
    /// `SET NULL`
    SetNull,
    /// `SET DEFAULT`
    SetDefault,
}

impl Action {
    /// Reads `pg_constraint.confupdtype` and `confdeltype`.
    #[must_use]
    pub fn from_catalog(action: &str) -> Self {
        match action {
            "r" => Self::Restrict,
            "c" => Self::Cascade,
            "n" => Self::SetNull,
            "d" => Self::SetDefault,
            _ => Self::No,
        }
    }

    /// Whether it sets columns of the row that references.
    #[must_use]
    pub fn sets_columns(self) -> bool {
        matches!(self, Self::SetNull | Self::SetDefault)
    }
}

/// Why a foreign key that is dropped would not come back as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignKeyObstacle {
    /// It has a `PERIOD`.
    Period,
    /// A superuser disabled one of its triggers.
    Trigger,
    /// The same key of a partition has another name, or a comment.
    Partition,
}

impl ForeignKeyObstacle {
    /// Reads the answer of [`FOREIGN_KEYS`](super::FOREIGN_KEYS).
    #[must_use]
    pub fn from_catalog(obstacle: &str) -> Self {
        match obstacle {
            "period" => Self::Period,
            "trigger" => Self::Trigger,
            _ => Self::Partition,
        }
    }
}
