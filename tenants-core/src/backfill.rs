//! Filling in the tenant of rows that have none, while others read and write the table.
//!
//! Values only. A driver walks through the pages of a table, window by window: [`Backfill::batch`] fills in what it
//! finds there, in a transaction of its own. Rows that somebody has locked are passed over and found by the next pass,
//! so a batch waits for no row, and nobody waits for it longer than one batch takes.

use thiserror::Error;

use crate::quote::{Identifier, List, OperatorSql, Sql, TableName, sql};
use crate::registry::Registry;
use crate::table::{Table, Tenancy, TenantType};

/// One row for each relation of a table that holds rows: [`Heap`]. `$1`, `$2`, `$3`: schema and name of the table, and
/// its tenant column.
pub const TREE: &str = include_str!("backfill/tree.sql");
/// One row for each foreign key of a table: [`ForeignKey`]. `$1`, `$2`: schema and name of the table.
pub const KEYS: &str = include_str!("backfill/keys.sql");
/// Ahead of each batch: it gives up on a table that is locked, and asks by the same rules for each row.
pub const GIVE_UP: &str = "SET LOCAL lock_timeout = '500ms'";
/// What the operator writes is read as the operator's session reads it.
pub const OWN_SEARCH_PATH: &str = "SET LOCAL search_path TO DEFAULT";
/// How many pages one batch looks at, so that it is short where no row lacks a tenant.
pub const WINDOW: i64 = 256;

/// A table or partition that holds rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heap {
    /// Schema and name.
    pub name: TableName,
    /// The type of the tenant column, as the server writes it; `None` if there is no such column.
    pub column_type: Option<String>,
}

/// A foreign key to a table whose rows have their tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint.
    pub name: Identifier,
    /// The table that is referenced.
    pub parent: TableName,
    /// Whether the rows that are referenced are those of its partitions.
    pub is_partitioned: bool,
    /// The columns of both, pair by pair.
    pub columns: Vec<(Identifier, Identifier)>,
}

/// Why nothing can be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BackfillFault {
    /// No tag names the table.
    #[error("no tagged table is called `{0}`: name one that is, as `table` or `schema.table`")]
    Unregistered(String),
    /// The name is one of several.
    #[error("several tagged tables are called `{0}`: name one as `\"schema\".\"table\"`")]
    Ambiguous(String),
    /// All tenants share its rows.
    #[error("all tenants share the rows of {0}, so there is nothing to fill in")]
    Global(TableName),
    /// The tenant column is not there.
    #[error(
        "{table} has no column `{}` yet: apply the first migration of `tenants migration generate NAME --online`, or `ALTER TABLE {table} ADD COLUMN {column} {column_type}`",
        column.as_str()
    )]
    NoColumn {
        /// The table.
        table: TableName,
        /// The tenant column.
        column: Identifier,
        /// The type that it is registered with.
        column_type: TenantType,
    },
    /// The tenant column has another type than Diesel's `table!` says.
    #[error(
        "the tenant column of {table} is registered as {registered}, but is {live} in the database: run `diesel print-schema`"
    )]
    ColumnType {
        /// The table.
        table: TableName,
        /// Its type in the registry.
        registered: TenantType,
        /// Its type in the database.
        live: String,
    },
    /// The table has no foreign key of the name.
    #[error(
        "{table} has no foreign key `{}`; it has {}",
        key.as_str(),
        if known.is_empty() { "none at all".to_owned() } else { known.join(", ") }
    )]
    NoKey {
        /// The table.
        table: TableName,
        /// The name.
        key: Identifier,
        /// The foreign keys that it has.
        known: Vec<String>,
    },
    /// Rows of the referenced table have no tenants, or other ones.
    #[error(
        "{parent}, which the foreign key references, is not tagged with a tenant column of type {column_type}"
    )]
    Parent {
        /// The referenced table.
        parent: TableName,
        /// The type of the tenant column.
        column_type: TenantType,
    },
}

/// The table that an argument names: `table`, `schema.table`, or quoted as in SQL.
///
/// # Errors
///
/// [`BackfillFault`] if there is none of that name, or more than one, or if all tenants share its rows.
pub fn find(
    registry: &Registry,
    argument: &str,
) -> Result<(TableName, Identifier, TenantType), BackfillFault> {
    let is_meant = |table: &&Table| {
        let (schema, name) = (table.name.schema().as_str(), table.name.name().as_str());
        argument == table.name.to_string()
            || argument == format!("{schema}.{name}")
            || (schema == TableName::DEFAULT_SCHEMA && argument == name)
    };
    let mut meant = registry.tables().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(table), None) => match &table.tenancy {
            Tenancy::PerTenant { column, column_type } => {
                Ok((table.name.clone(), column.clone(), *column_type))
            }
            Tenancy::Global(_) => Err(BackfillFault::Global(table.name.clone())),
        },
        (None, _) => Err(BackfillFault::Unregistered(argument.to_owned())),
        // Quoted, no two are called alike.
        (Some(_), Some(_)) => Err(BackfillFault::Ambiguous(argument.to_owned())),
    }
}

/// A table whose rows are to get their tenants, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    column: Identifier,
    /// What the row that is filled in is called in `value`.
    alias: Identifier,
    value: Sql,
    /// The same, while a batch relies on it.
    held: Sql,
    /// What joins the row that the tenant is taken from, if it is that of a row.
    origin: Option<Origin>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    join: Sql,
    column: Identifier,
}

impl Backfill {
    /// Fills in what the operator's expression says of each row, which is called by the table's bare name.
    #[must_use]
    pub fn set(table: &TableName, column: &Identifier, value: &OperatorSql) -> Self {
        // On lines of its own: it may end in a comment.
        let value = sql!("\n{value}\n", value = value);
        let held = value.clone();
        Self { column: column.clone(), alias: table.name().clone(), value, held, origin: None }
    }

    /// Fills in the tenant of the row that a foreign key references.
    ///
    /// # Errors
    ///
    /// [`BackfillFault::Parent`] if the referenced table has no tenant column of the same type.
    pub fn through(
        key: &ForeignKey,
        column: &Identifier,
        column_type: TenantType,
        registry: &Registry,
    ) -> Result<Self, BackfillFault> {
        let parent = registry.table(&key.parent).map(|table| &table.tenancy);
        let theirs = match parent {
            Some(Tenancy::PerTenant { column, column_type: theirs }) if *theirs == column_type => {
                column
            }
            _ => return Err(BackfillFault::Parent { parent: key.parent.clone(), column_type }),
        };
        let (own, other): (Vec<_>, Vec<_>) = key
            .columns
            .iter()
            .map(|(own, other)| {
                (sql!("child.{own}", own = own), sql!("parent.{other}", other = other))
            })
            .unzip();
        // A table that inherits is not referenced, and may have rows of the same key.
        let rows = if key.is_partitioned {
            sql!("{table} AS parent", table = key.parent)
        } else {
            sql!("ONLY {table} AS parent", table = key.parent)
        };
        let is_referenced = sql!("({other}) = ({own})", other = List(&other), own = List(&own));
        let value = sql!(
            "SELECT parent.{theirs} FROM {rows} WHERE {is_referenced}",
            theirs = theirs,
            rows = rows,
            is_referenced = is_referenced,
        );
        // A weaker lock lets the tenant change. What is locked is the next pass's, here too.
        let held = sql!("{value} FOR SHARE OF parent SKIP LOCKED", value = value);
        let join =
            sql!("JOIN {rows} ON {is_referenced}", rows = rows, is_referenced = is_referenced,);
        let origin = Some(Origin { join, column: theirs.clone() });
        Ok(Self { column: column.clone(), alias: Identifier::fixed("child"), value, held, origin })
    }

    /// Fills in up to `$3` rows in a window of pages, from the page `$1` up to the page `$2`, as text like `(7,0)`.
    #[must_use]
    pub fn batch(&self, heap: &TableName) -> Sql {
        sql!(
            "UPDATE ONLY {heap} AS {alias}
SET {column} = ({value})
WHERE ctid = ANY (ARRAY(
        SELECT ctid
        FROM ONLY {heap} AS {alias}
        WHERE ctid >= $1::text::tid AND ctid < $2::text::tid
            AND {column} IS NULL AND ({value}) IS NOT NULL
        LIMIT $3::bigint
        FOR NO KEY UPDATE OF {alias} SKIP LOCKED
    ))
    AND {column} IS NULL",
            heap = heap,
            alias = self.alias,
            column = self.column,
            value = self.held,
        )
    }

    /// One row: how many rows have another tenant than the row that the foreign key references. `None` without one.
    #[must_use]
    pub fn differing(&self, heap: &TableName) -> Option<Sql> {
        let Origin { join, column: theirs } = self.origin.as_ref()?;
        Some(sql!(
            "SELECT count(*)
FROM ONLY {heap} AS {alias}
{join}
WHERE {alias}.{column} IS DISTINCT FROM parent.{theirs}",
            heap = heap,
            alias = self.alias,
            join = join,
            column = self.column,
            theirs = theirs,
        ))
    }

    /// One row: how many pages there are.
    #[must_use]
    pub fn pages(heap: &TableName) -> Sql {
        sql!(
            "SELECT pg_catalog.pg_relation_size({heap}) / pg_catalog.current_setting('block_size')::bigint",
            heap = crate::quote::Literal::new(&heap.to_string()),
        )
    }

    /// One row: how many rows have no tenant, and how many of these would get one.
    #[must_use]
    pub fn count(&self, heap: &TableName) -> Sql {
        sql!(
            "SELECT count(*), count(value)
FROM (SELECT ({value}) AS value FROM ONLY {heap} AS {alias} WHERE {column} IS NULL) AS missing",
            heap = heap,
            alias = self.alias,
            column = self.column,
            value = self.value,
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::table::{GlobalAccess, Keys};

    fn identifier(name: &str) -> Identifier {
        Identifier::new(name).unwrap()
    }

    fn name(schema: &str, table: &str) -> TableName {
        TableName::new(Some(identifier(schema)), identifier(table))
    }

    fn registry() -> Registry {
        let table = |name, tenancy| Table {
            name,
            tenancy,
            primary_key: vec![],
            columns: vec![identifier("tenant")],
            keys: Keys::AsTheyAre,
            parent: None,
            declarations: vec![],
        };
        let of = |column_type| Tenancy::PerTenant { column: identifier("tenant"), column_type };
        Registry::new([
            table(name("public", "posts"), of(TenantType::Text)),
            table(name("archive", "posts"), of(TenantType::Int8)),
            table(name("public", "archive.posts"), of(TenantType::Text)),
            table(name("public", "plans"), Tenancy::Global(GlobalAccess::Read)),
        ])
        .unwrap()
    }

    #[test]
    fn a_table_is_found_by_any_of_its_names_and_no_other() {
        let registry = registry();
        let found = |argument| find(&registry, argument).map(|(name, ..)| name);
        for argument in ["posts", "public.posts", r#""public"."posts""#] {
            assert_eq!(found(argument), Ok(name("public", "posts")));
        }
        assert_eq!(found(r#""archive"."posts""#), Ok(name("archive", "posts")));
        let two = "archive.posts";
        assert_eq!(found(two), Err(BackfillFault::Ambiguous(two.into())));
        assert_eq!(found("plans"), Err(BackfillFault::Global(name("public", "plans"))));
        for argument in ["", "POSTS", "other.posts", r#""posts""#] {
            assert_eq!(found(argument), Err(BackfillFault::Unregistered(argument.into())));
        }
    }

    #[test]
    fn an_expression_is_a_part_of_the_statement_and_names_are_quoted() {
        assert_eq!(OperatorSql::new("a\0"), None);
        assert_eq!(OperatorSql::new(" \n"), None);
        let (table, column) = (name("public", "we\"ird"), identifier("Tenant"));
        let value = OperatorSql::new("'a' -- all of them").unwrap();
        let batch = Backfill::set(&table, &column, &value).batch(&name("public", "part"));
        let begin = "UPDATE ONLY \"public\".\"part\" AS \"we\"\"ird\"
SET \"Tenant\" = (\n'a' -- all of them\n)\nWHERE";
        assert!(batch.as_str().starts_with(begin), "{batch}");
    }

    #[test]
    fn a_parent_has_tenants_of_the_same_kind() {
        let key = |parent: TableName| ForeignKey {
            name: identifier("post"),
            parent,
            is_partitioned: false,
            columns: vec![(identifier("post id"), identifier("id"))],
        };
        let (registry, column) = (registry(), identifier("tenant"));
        let through =
            |parent| Backfill::through(&key(parent), &column, TenantType::Text, &registry);
        let backfill = through(name("public", "posts")).unwrap();
        let value = r#"SELECT parent."tenant" FROM ONLY "public"."posts" AS parent WHERE (parent."id") = (child."post id")"#;
        assert_eq!(backfill.value.as_str(), value);
        for parent in [name("archive", "posts"), name("public", "plans"), name("a", "b")] {
            let fault =
                BackfillFault::Parent { parent: parent.clone(), column_type: TenantType::Text };
            assert_eq!(through(parent), Err(fault));
        }
    }
}
