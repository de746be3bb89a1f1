//! What a live database says about itself, and the queries that ask.
//!
//! Values only: a driver runs the [queries](self#constants) in one transaction, first
//! [`SEARCH_PATH`], and fills in the [`Catalog`]. All names come from `pg_catalog`, so the answers do not
//! depend on the search path of whoever asks.

mod key;

use std::collections::{BTreeMap, BTreeSet};

pub use key::{Action, ForeignKey, ForeignKeyObstacle, KeyForm, UniqueKey, UniqueKeyObstacle};

use crate::ddl::grants::{GrantOption, Grantee, Privilege};
use crate::quote::{Deparsed, Identifier, TableName};
use crate::signature::Signing;
use crate::table::TenantType;

/// Makes the server write all names in expressions qualified, until the transaction ends.
pub const SEARCH_PATH: &str = "SET LOCAL search_path = pg_catalog, pg_temp";
/// One row: [`Database`]. `$1`, `$2`: runtime role and admin role.
pub const DATABASE: &str = include_str!("catalog/database.sql");
/// One row for each registered table and each table that inherits from it: [`Relation`].
///
/// `$1`, `$2`, `$3`: schemas, names and tenant columns (NULL for a global table) of the registered
/// tables, as arrays; `$4`, `$5`: runtime role and admin role.
pub const RELATIONS: &str = include_str!("catalog/relations.sql");
/// One row for each policy of the same tables: [`Policy`]. `$1`, `$2`: schemas and names.
pub const POLICIES: &str = include_str!("catalog/policies.sql");
/// One row for each sequence that a column draws from: [`Sequence`]. `$1`, `$2`: schemas and names;
/// `$3`, `$4`: runtime role and admin role.
pub const SEQUENCES: &str = include_str!("catalog/sequences.sql");
/// One row for each right on the same tables, or on one of their columns, that their owner granted to
/// `PUBLIC`, to the runtime role or who may become it, or to the admin role: [`Grant`]. `$1`, `$2`: schemas and
/// names; `$3`, `$4`: runtime role and admin role.
pub const GRANTS: &str = include_str!("catalog/grants.sql");
/// One row for each key of a table of tenants that leaves the tenant column out: [`Key`]. `$1`, `$2`,
/// `$3`: schemas, names and tenant columns, as for [`RELATIONS`].
pub const KEYS: &str = include_str!("catalog/keys.sql");
/// One row for each primary, unique and exclusion key of a table of tenants: [`UniqueKey`]. `$1`, `$2`, `$3`: schemas,
/// names and tenant columns, as for [`RELATIONS`].
pub const UNIQUE_KEYS: &str = include_str!("catalog/unique_keys.sql");
/// One row for each foreign key of any table that references a table of tenants: [`ForeignKey`]. `$1`, `$2`, `$3`:
/// schemas, names and tenant columns, as for [`RELATIONS`].
pub const FOREIGN_KEYS: &str = include_str!("catalog/foreign_keys.sql");
/// One row for each view that reads a table of tenants: [`Relation::views`]. `$1`, `$2`: schemas and names;
/// `$3`: runtime role. None before PostgreSQL 15, which knows no other views.
pub const VIEWS: &str = include_str!("catalog/views.sql");
/// One row for each right on an [`Untagged`] table, or one if it has no policies. `$1`, `$2`, `$3`: schemas, names and tenant columns of the registered tables, as
/// for [`RELATIONS`]; `$4`, `$5`: runtime role and admin role.
pub const UNTAGGED: &str = include_str!("catalog/untagged.sql");
/// One row for each [`Function`].
pub const FUNCTIONS: &str = include_str!("catalog/functions.sql");
/// One row for each schema: [`Schema`]. `$1`: schemas; `$2`, `$3`: runtime role and admin role.
pub const SCHEMAS: &str = include_str!("catalog/schemas.sql");

/// The live state of the registered tables and of what they depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// Roles and functions.
    pub database: Database,
    /// The schemas of the registered tables, by name.
    pub schemas: BTreeMap<Identifier, Schema>,
    /// The registered tables and all that inherit from them, by name.
    pub relations: BTreeMap<TableName, Relation>,
    /// The tables that are not registered, and were once or should be, as it seems.
    pub untagged: Vec<Untagged>,
    /// The functions of the schema `tenants`.
    pub functions: Vec<Function>,
    /// The keys of the tables of tenants, sorted by table and name.
    pub unique_keys: Vec<UniqueKey>,
    /// The foreign keys that reference tables of tenants, sorted by table and name.
    pub foreign_keys: Vec<ForeignKey>,
}

/// Whether a database is [set up](crate::ddl).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Database {
    /// Whether `tenants.current_tenant()` is there.
    pub is_installed: bool,
    /// Whether the runtime role is there.
    pub has_app: bool,
    /// Whether the admin role is there.
    pub has_admin: bool,
    /// Whether the runtime role may ask for the tenant that a signature proves.
    pub app_verifies: bool,
    /// Whether a guard of any table asks for signatures.
    pub signing: Signing,
}

/// A schema that holds registered tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Whether the runtime role may name its objects.
    pub app_usage: bool,
    /// Whether the admin role may name its objects.
    pub admin_usage: bool,
    /// Names of all its tables and indexes: no index can have one of them.
    pub relation_names: BTreeSet<Identifier>,
}

/// What kind of relation a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A table that holds rows.
    Table,
    /// A table whose partitions hold the rows.
    Partitioned,
    /// A view, foreign table or anything else that cannot have policies.
    Other,
}

impl Kind {
    /// Reads `pg_class.relkind`.
    #[must_use]
    pub fn from_relkind(relkind: &str) -> Self {
        match relkind {
            "r" => Self::Table,
            "p" => Self::Partitioned,
            _ => Self::Other,
        }
    }
}

/// A registered table, or one that inherits from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Schema and name.
    pub name: TableName,
    /// The registered table that this one inherits from, at any depth; itself if registered.
    pub root: TableName,
    /// All registered tables that this one inherits from, at any depth.
    pub ancestors: BTreeSet<TableName>,
    /// What it is.
    pub kind: Kind,
    /// Whether row-level security is on.
    pub row_security: bool,
    /// Whether it binds the owner too.
    pub force_row_security: bool,
    /// Whether the runtime role owns it.
    pub is_owned_by_app: bool,
    /// The tenant column; `None` if there is none of that name, or none was asked for.
    pub tenant_column: Option<Column>,
    /// What was granted to the runtime role itself.
    pub app_privileges: BTreeSet<Privilege>,
    /// What was granted to the admin role itself.
    pub admin_privileges: BTreeSet<Privilege>,
    /// Its policies.
    pub policies: Vec<Policy>,
    /// The sequences that its columns' defaults draw from.
    pub sequences: Vec<Sequence>,
    /// What its owner granted to those whom policies and scopes are to bind.
    pub grants: Vec<Grant>,
    /// Its keys that leave the tenant column out.
    pub keys: Vec<Key>,
    /// The views that read it with the rights of their owner, at any depth, and that scoped code may use.
    pub views: Vec<View>,
}

/// A view that reads with the rights of its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Schema and name.
    pub name: TableName,
    /// Whether it says so itself (`security_invoker = false`) and not by saying nothing.
    pub is_explicit: bool,
}

/// A table that is not registered, though it looks as if it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untagged {
    /// Schema and name.
    pub name: TableName,
    /// Whether it has policies of our names, and then rights of scoped code; otherwise it has a column of the name of
    /// a tenant column.
    pub is_protected: bool,
    /// What was granted to `PUBLIC`, to the runtime role or who may become it, or to the admin role.
    pub grants: Vec<Grant>,
}

/// A function or procedure of the schema `tenants`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Name and types of the parameters, as the server writes them.
    pub signature: String,
    /// As `pg_get_functiondef` writes it.
    pub definition: Deparsed,
}

/// A right that the owner of a table granted to `PUBLIC`, the runtime role or who may become it, or the admin role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who has it.
    pub grantee: Grantee,
    /// The right.
    pub privilege: Privilege,
    /// The one column that it is about; `None` for the table.
    pub column: Option<Identifier>,
    /// Whether the grantee may grant it on.
    pub option: GrantOption,
}

/// A key of a table of tenants that leaves the tenant column out, and so holds for all tenants at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The constraint, or the index if there is no constraint.
    pub name: Identifier,
    /// The table of tenants that a foreign key references; `None` for a primary or unique key.
    pub references: Option<TableName>,
}

/// A tenant column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as the server writes it in an expression: quoted only where it must be.
    pub quoted_name: String,
    /// The type as the server writes it, without a length: `character varying`.
    pub type_name: String,
    /// The same with its length, and qualified where it must be.
    pub full_type: Deparsed,
    /// Whether two different texts may be equal in it, as under a case-insensitive collation.
    pub is_ambiguous: bool,
    /// Whether it is an identity or generated column.
    pub is_generated: bool,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Its default.
    pub default: Option<Deparsed>,
    /// Whether a complete index starts with it.
    pub leads_index: bool,
    /// The indexes on it alone, in the order of their names.
    pub indexes: Vec<Made>,
    /// The constraints that say no more than that it is not NULL, in the order of their names.
    pub checks: Vec<Made>,
}

impl Column {
    /// What a column is that has just been added: NULL in each row, and named by nothing.
    pub(crate) fn added(name: &Identifier, column_type: TenantType) -> Self {
        let type_name = column_type.sql_name().to_owned();
        Self {
            // It serves to compare policies, of which none can name it yet.
            quoted_name: name.to_string(),
            full_type: Deparsed::from_catalog(type_name.clone()),
            type_name,
            is_ambiguous: false,
            is_generated: false,
            not_null: false,
            default: None,
            leads_index: false,
            indexes: Vec::new(),
            checks: Vec::new(),
        }
    }
}

/// An index or a constraint, made in one go or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: Identifier,
    /// Whether it counts for all rows. An index does not whose `CREATE INDEX CONCURRENTLY` failed.
    pub is_valid: bool,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: Identifier,
    /// Whether it widens what is visible; a restrictive one narrows it.
    pub is_permissive: bool,
    /// `*` for all commands, or one of `r`, `a`, `w`, `d`.
    pub command: String,
    /// The roles it applies to; empty for `PUBLIC`.
    pub roles: BTreeSet<Identifier>,
    /// The condition on rows that are read.
    pub using: Option<Deparsed>,
    /// The condition on rows that are written.
    pub check: Option<Deparsed>,
}

/// A sequence that a column draws from: a `serial` column, another one by its default, or an identity column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Schema and name.
    pub name: TableName,
    /// Whether the runtime role has USAGE, or needs none: an identity column asks for no right.
    pub app_usage: bool,
    /// Whether the admin role has USAGE, or needs none.
    pub admin_usage: bool,
    /// What `PUBLIC`, the runtime role or who may become it may do beyond: read it, or set it.
    pub grants: Vec<Grant>,
}
