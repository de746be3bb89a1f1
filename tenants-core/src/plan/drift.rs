//! In what a live database differs from what the tags ask for.

use std::fmt;

use thiserror::Error;

use crate::ddl::grants::Grantee;
use crate::quote::{Identifier, List, TableName};
use crate::table::TenantType;

/// One difference, which a [`Step`](super::Step) repairs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Drift {
    /// No policy applies.
    #[error("row-level security is off")]
    RowSecurityOff,
    /// The owner, and views and functions with the owner's rights, see all rows.
    #[error("row-level security does not bind the owner")]
    NotForced,
    /// One of our policies is not there.
    #[error("policy `{}` is missing", policy.as_str())]
    PolicyMissing {
        /// The policy.
        policy: Identifier,
    },
    /// A policy has our name and another definition.
    #[error("policy `{}` is not the one that `tenants` creates", policy.as_str())]
    PolicyDiffers {
        /// The policy.
        policy: Identifier,
    },
    /// The policy is ours, but of a database whose scopes are signed, or are not.
    #[error("policy `{}` asks for a signature where others do not, or the other way round", policy.as_str())]
    PolicySigning {
        /// The policy.
        policy: Identifier,
    },
    /// A policy of somebody else shows more rows to scoped code, as far as the guard lets it.
    #[error("policy `{}` opens the table further", policy.as_str())]
    FurtherPolicy {
        /// The policy.
        policy: Identifier,
    },
    /// A policy lets every row through, and records what the others would hide or refuse.
    #[error("it is observed, not enforced: every tenant sees all rows")]
    Observed,
    /// Inserts have to name the tenant.
    #[error("the current tenant is not the default of the tenant column")]
    NoDefault,
    /// Rows without a tenant belong to nobody.
    #[error("the tenant column allows NULL")]
    Nullable,
    /// Diesel's `table!` has another type.
    #[error("the tenant column is {live}, and registered as {registered}")]
    ColumnType {
        /// As the registry has it.
        registered: TenantType,
        /// As the server writes it.
        live: String,
    },
    /// Every query reads the rows of all tenants.
    #[error("no index begins with the tenant column")]
    NoIndex,
    /// Somebody may do more than the tag says.
    #[error("{grantee} may do what no tag says")]
    ExcessiveRight {
        /// Who.
        grantee: Grantee,
    },
    /// Somebody may read how much all tenants insert, or set it back for all of them.
    #[error("{grantee} may read or set the sequence `{sequence}`")]
    ExcessiveSequenceRight {
        /// The sequence.
        sequence: TableName,
        /// Who.
        grantee: Grantee,
    },
    /// A role may do less than the tag says.
    #[error("a right that the tag says is missing: the table cannot be used yet")]
    MissingRight,
    /// Inserts draw from a sequence that they may not use.
    #[error("no right on the sequence `{sequence}`, from which inserts draw")]
    MissingSequenceRight {
        /// The sequence.
        sequence: TableName,
    },
    /// No object in the schema can be named.
    #[error("no right to name what is in the schema `{}`", schema.as_str())]
    MissingSchemaRight {
        /// The schema.
        schema: Identifier,
    },
    /// A table is protected as ours are, open to scoped code, and no struct is tagged with it.
    #[error("no tag names this table any more, and scoped code may use it")]
    Untagged,
    /// A view reads the table with its owner's rights.
    #[error("the view `{view}` reads it with the rights of its owner")]
    ViewOfOwner {
        /// The view.
        view: TableName,
    },
    /// A function that policies or pools call has another definition.
    #[error("the function `{function}` is not the one that `tenants` installs")]
    FunctionDiffers {
        /// The function and the types of its parameters.
        function: String,
    },
    /// Keys hold for the rows of all tenants together, and the tag asks for others.
    #[error("keys leave the tenant column out: {}", List(keys))]
    KeysAcrossTenants {
        /// The keys: those of the table, and all that are connected with them by foreign keys.
        keys: Vec<KeyName>,
    },
    /// Rows say only by a foreign key whose they are.
    #[error("the tenant column is missing, and `{parent}` says whose the rows are")]
    NoTenantColumn {
        /// The table that the foreign key leads to.
        parent: TableName,
    },
}

/// A key, and the table that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName {
    /// The table or the partition.
    pub table: TableName,
    /// The constraint, or the index if there is no constraint.
    pub key: Identifier,
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of `{}`", self.key.as_str(), self.table)
    }
}
