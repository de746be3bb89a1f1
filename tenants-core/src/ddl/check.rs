//! A constraint that proves NOT NULL ahead of it, so that no row is read while the table is locked.
//!
//! See [`SET NOT NULL`](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL).

use crate::quote::{Body, Identifier, Literal, Sql, TableName, sql};

/// What the constraint is called.
#[must_use]
pub fn name(table: &TableName) -> Identifier {
    table.name().with_suffix("_tenant_is_there")
}

/// Refuses new rows without a tenant, and looks at none that is there.
#[must_use]
pub fn add(table: &TableName, column: &Identifier) -> Sql {
    sql!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID",
        table = table,
        name = name(table),
        column = column,
    )
}

/// Looks at the rows that are there, while others read and write.
#[must_use]
pub fn validate(table: &TableName) -> Sql {
    sql!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}", table = table, name = name(table))
}

/// Removes the constraint, or nothing.
#[must_use]
pub fn drop(table: &TableName) -> Sql {
    sql!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}", table = table, name = name(table))
}

/// Fails while rows have no tenant: they could not be changed any more from [`add`] on.
#[must_use]
pub fn refuse_without_tenant(table: &TableName, column: &Identifier) -> Sql {
    let message = format!(
        "rows of {table} have no tenant yet: fill them in (`tenants backfill`), then run `diesel migration run` again"
    );
    let body = sql!(
        "BEGIN
    IF EXISTS (SELECT FROM {table} WHERE {column} IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'not_null_violation', MESSAGE = {message};
    END IF;
END",
        table = table,
        column = column,
        message = Literal::new(&message),
    );
    sql!("DO {body}", body = Body(&body))
}
