//! Why a key stays as it is.

use thiserror::Error;

use crate::catalog::{self, UniqueKeyObstacle};
use crate::plan::KeyName;

/// Why a primary or unique key does not get the tenant column.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyObstacle {
    /// `EXCLUDE`, or a key `WITHOUT OVERLAPS`.
    #[error(
        "it excludes overlaps, and whether the tenant column has an operator for that is yours to say: create it anew with the tenant column"
    )]
    Exclusion,
    /// Its index holds for nothing.
    #[error("its index is not valid: drop it, or build it with `REINDEX`, and generate again")]
    Invalid,
    /// It has as many columns as an index can have.
    #[error("it has as many columns as an index can have: take one out")]
    Columns,
    /// Its definition is not one that this library reads.
    #[error(
        "its definition is not one that can be rewritten for certain: create it anew with the tenant column"
    )]
    Definition,
    /// It could not be dropped, or something would go with it.
    #[error("{} depend on it: drop them, generate again, and create them anew", .0.join(", "))]
    Dependents(Vec<String>),
    /// The foreign key of another table of tenants needs it.
    #[error("the foreign key {0} references it: give that table `#[tenants(composite_keys)]`, too")]
    NotComposite(KeyName),
    /// The foreign key of a table without tenants needs it.
    #[error(
        "the foreign key {0}, whose rows belong to no tenant, references it: drop that key, or give that table a tenant column, a tag and `#[tenants(composite_keys)]`"
    )]
    OfNoTenant(KeyName),
    /// A foreign key that needs it stays as it is.
    #[error("the foreign key {0} references it, and stays as it is")]
    ForeignKeyLeft(KeyName),
    /// A column that gets another type has to have it first.
    #[error("the tenant column gets another type first: run this migration, and generate again")]
    Retyped,
}

impl From<UniqueKeyObstacle> for KeyObstacle {
    fn from(obstacle: UniqueKeyObstacle) -> Self {
        match obstacle {
            UniqueKeyObstacle::Exclusion => Self::Exclusion,
            UniqueKeyObstacle::Invalid => Self::Invalid,
            UniqueKeyObstacle::Columns => Self::Columns,
            UniqueKeyObstacle::Definition => Self::Definition,
        }
    }
}

/// Why a foreign key between tables of tenants does not get the tenant column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ForeignKeyObstacle {
    /// There is nothing that it could reference.
    #[error(
        "no key of the other table begins with the tenant column: give that table `#[tenants(composite_keys)]`, too, or a UNIQUE of the tenant column and the columns that are referenced"
    )]
    NoKey,
    /// `ON UPDATE SET NULL` and `ON UPDATE SET DEFAULT` cannot leave a column out.
    #[error(
        "its ON UPDATE would set the tenant column along with the others: let it be CASCADE, RESTRICT or NO ACTION"
    )]
    OnUpdate,
    /// So cannot those of ON DELETE before PostgreSQL 15.
    #[error(
        "its ON DELETE would set the tenant column along with the others, since PostgreSQL knows `SET NULL (..)` from 15 on only: upgrade, or let it be CASCADE, RESTRICT or NO ACTION"
    )]
    OnDelete,
    /// `MATCH FULL` takes no row of which one column is NULL and the tenant column is not.
    #[error(
        "MATCH FULL would refuse rows that reference nothing, since their tenant column is not NULL: let it be MATCH SIMPLE"
    )]
    MatchFull,
    /// A tenant column is part of it and meets another column.
    #[error("it pairs a tenant column with another column: drop it, or pair the tenant columns")]
    Crossed,
    /// The tenant columns cannot be compared.
    #[error("the two tenant columns have different types")]
    Types,
    /// A column that gets another type has to have it first.
    #[error(
        "one of the tenant columns gets another type first: run this migration, and generate again"
    )]
    Retyped,
    /// It has a `PERIOD`.
    #[error("it has a PERIOD: create it anew with the tenant column")]
    Period,
    /// It does not hold.
    #[error("one of its triggers is disabled, so it does not hold: enable it and generate again")]
    Trigger,
    /// What the partitions call it would be lost.
    #[error(
        "partitions call it by other names, or have a comment on it, and both would be lost: create it anew with the tenant column"
    )]
    Partition,
}

impl From<catalog::ForeignKeyObstacle> for ForeignKeyObstacle {
    fn from(obstacle: catalog::ForeignKeyObstacle) -> Self {
        match obstacle {
            catalog::ForeignKeyObstacle::Period => Self::Period,
            catalog::ForeignKeyObstacle::Trigger => Self::Trigger,
            catalog::ForeignKeyObstacle::Partition => Self::Partition,
        }
    }
}
