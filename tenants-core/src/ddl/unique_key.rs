//! A primary or unique key, with the tenant column in front and without.

use crate::catalog::{KeyForm, UniqueKey};
use crate::quote::{Identifier, Literal, Sql, TableName, sql};

/// Drops a key, and with it those of the partitions.
///
/// `IF EXISTS`, since the table may have been dropped and created again since the key was made.
#[must_use]
pub fn drop(key: &UniqueKey) -> Sql {
    match key.form {
        KeyForm::Constraint => sql!(
            "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
            table = key.table,
            name = key.name,
        ),
        KeyForm::Index => sql!("DROP INDEX IF EXISTS {index}", index = key.index()),
    }
}

/// Creates a key and those of the partitions that are part of it, each under its own name; `keys` begins with that of
/// the table. With a `tenant` column, they begin with it; without, they are as they are in the catalog.
///
/// As `pg_dump` does it: PostgreSQL itself would name those of partitions anew.
#[must_use]
pub fn create(keys: &[&UniqueKey], tenant: Option<&Identifier>) -> Vec<Sql> {
    let parts = keys.iter().filter_map(|key| Some(attach(key.above.as_ref()?, key)));
    let made = keys.iter().map(|key| one(key, tenant)).chain(parts);
    made.chain(keys.iter().flat_map(|key| properties(key))).collect()
}

fn one(key: &UniqueKey, tenant: Option<&Identifier>) -> Sql {
    let lead = tenant.map_or_else(|| Sql::fixed(""), |tenant| sql!("{tenant}, ", tenant = tenant));
    match key.form {
        KeyForm::Constraint => sql!(
            "ALTER TABLE ONLY {table} ADD CONSTRAINT {name} {head}{lead}{rest}{tail}",
            table = key.table,
            name = key.name,
            head = key.head,
            lead = lead,
            rest = key.rest,
            tail = key.tail,
        ),
        KeyForm::Index => {
            sql!("{head}{lead}{rest}", head = key.head, lead = lead, rest = key.rest)
        }
    }
}

fn attach(above: &TableName, key: &UniqueKey) -> Sql {
    sql!("ALTER INDEX {above} ATTACH PARTITION {index}", above = above, index = key.index())
}

/// What is said of a key apart from its definition.
fn properties(key: &UniqueKey) -> impl Iterator<Item = Sql> {
    let tablespace = key.tablespace.as_ref().map(|tablespace| {
        sql!(
            "ALTER INDEX {index} SET TABLESPACE {tablespace}",
            index = key.index(),
            tablespace = tablespace,
        )
    });
    let cluster = key
        .is_clustered
        .then(|| sql!("ALTER TABLE {table} CLUSTER ON {name}", table = key.table, name = key.name));
    let constraint = key.constraint_comment.as_deref().map(|comment| {
        sql!(
            "COMMENT ON CONSTRAINT {name} ON {table} IS {comment}",
            name = key.name,
            table = key.table,
            comment = Literal::new(comment),
        )
    });
    let index = key.index_comment.as_deref().map(|comment| {
        sql!(
            "COMMENT ON INDEX {index} IS {comment}",
            index = key.index(),
            comment = Literal::new(comment),
        )
    });
    [tablespace, cluster, constraint, index].into_iter().flatten()
}
