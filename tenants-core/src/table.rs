//! What the registry knows of a table.

use std::fmt;

use crate::quote::{Identifier, IdentifierError, TableName};

/// A struct whose table belongs to the registry; implemented by `#[derive(WithRls)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tagged table struct",
    note = "add `#[derive(WithRls)]` to `{Self}`"
)]
pub trait WithRls {
    /// Describes the table behind this struct.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] if a name in Diesel's `table!` is one that PostgreSQL would cut off.
    fn table() -> Result<Table, IdentifierError>;
}

/// The SQL type of a tenant column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TenantType {
    /// `text` or `varchar`
    Text,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `uuid`
    Uuid,
}

impl TenantType {
    /// PostgreSQL's name of the type, in the `pg_catalog` schema.
    #[must_use]
    pub const fn sql_name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Uuid => "uuid",
        }
    }

    /// Whether a column of the type that the server writes as `type_name`, without a length, is one of this.
    #[must_use]
    pub fn is(self, type_name: &str) -> bool {
        match self {
            // Diesel takes `character` for `Text` too, but it ignores trailing blanks.
            Self::Text => matches!(type_name, "text" | "character varying"),
            other => type_name == other.sql_name(),
        }
    }

    /// Reads `pg_type.typname`; `None` for a type that no tenant column has.
    #[must_use]
    pub fn from_typname(typname: &str) -> Option<Self> {
        Some(match typname {
            "text" | "varchar" => Self::Text,
            // A smaller integer is spelled alike.
            "int2" | "int4" => Self::Int4,
            "int8" => Self::Int8,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }
}

impl fmt::Display for TenantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sql_name())
    }
}

/// What scoped code may do with a table that all tenants share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalAccess {
    /// `SELECT`
    Read,
    /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`
    ReadWrite,
}

/// How the rows of a table belong to tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tenancy {
    /// Each row belongs to the tenant that its tenant column names.
    PerTenant {
        /// The tenant column.
        column: Identifier,
        /// Its SQL type.
        column_type: TenantType,
    },
    /// All tenants share all rows, such as a price list.
    Global(GlobalAccess),
}

/// What a migration makes of primary, unique and foreign keys that leave the tenant column out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keys {
    /// Nothing: they are part of the application.
    #[default]
    AsTheyAre,
    /// They begin with the tenant column.
    Composite,
}

/// Where a table was declared, for messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// The struct that carries the derive, or the macro that lists the table.
    pub name: &'static str,
    /// Source file, as the compiler names it.
    pub file: &'static str,
    /// Line in that file, from 1.
    pub line: u32,
}

impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}:{})", self.name, self.file, self.line)
    }
}

/// A registered table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Schema and name.
    pub name: TableName,
    /// How its rows belong to tenants.
    pub tenancy: Tenancy,
    /// Columns of the primary key as Diesel knows it, in order.
    pub primary_key: Vec<Identifier>,
    /// All columns that Diesel knows, in order.
    pub columns: Vec<Identifier>,
    /// The structs that declared it.
    pub declarations: Vec<Declaration>,
    /// What its keys begin with.
    pub keys: Keys,
    /// The table whose rows say whose these are, while they do not say so themselves.
    pub parent: Option<TableName>,
}

impl Table {
    /// The type of the tenant column; `None` for a global table.
    #[must_use]
    pub fn tenant_type(&self) -> Option<TenantType> {
        match self.tenancy {
            Tenancy::PerTenant { column_type, .. } => Some(column_type),
            Tenancy::Global(_) => None,
        }
    }
}
