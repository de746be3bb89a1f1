//! The tenant column: its default, which fills the tenant in, and NOT NULL.

use crate::quote::{Deparsed, Identifier, Sql, TableName, sql};
use crate::table::TenantType;

/// The current tenant, as a value of the tenant column's type.
#[must_use]
pub fn tenant(column_type: TenantType) -> Sql {
    match column_type {
        TenantType::Text => Sql::fixed(r#""tenants"."current_tenant"()"#),
        TenantType::Int4 => Sql::fixed(r#""tenants"."current_tenant"()::integer"#),
        TenantType::Int8 => Sql::fixed(r#""tenants"."current_tenant"()::bigint"#),
        TenantType::Uuid => Sql::fixed(r#""tenants"."current_tenant"()::uuid"#),
    }
}

/// The same, as the server writes it down under an empty search path.
#[must_use]
pub fn deparsed(column_type: TenantType) -> &'static str {
    match column_type {
        TenantType::Text => "tenants.current_tenant()",
        TenantType::Int4 => "(tenants.current_tenant())::integer",
        TenantType::Int8 => "(tenants.current_tenant())::bigint",
        TenantType::Uuid => "(tenants.current_tenant())::uuid",
    }
}

/// Fills in the tenant of new rows.
///
/// `ONLY`, so that defaults of partitions stay as they are; rows come in through the parent.
#[must_use]
pub fn set(table: &TableName, column: &Identifier, column_type: TenantType) -> Sql {
    sql!(
        "ALTER TABLE ONLY {table} ALTER COLUMN {column} SET DEFAULT {tenant}",
        table = table,
        column = column,
        tenant = tenant(column_type),
    )
}

/// Takes [`set`] back: to the default that was there before, or to none.
#[must_use]
pub fn restore(table: &TableName, column: &Identifier, previous: Option<&Deparsed>) -> Sql {
    match previous {
        Some(previous) => sql!(
            "ALTER TABLE ONLY {table} ALTER COLUMN {column} SET DEFAULT {previous}",
            table = table,
            column = column,
            previous = previous,
        ),
        None => sql!(
            "ALTER TABLE ONLY {table} ALTER COLUMN {column} DROP DEFAULT",
            table = table,
            column = column,
        ),
    }
}

/// Refuses rows without a tenant, which nobody could see.
#[must_use]
pub fn set_not_null(table: &TableName, column: &Identifier) -> Sql {
    sql!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL", table = table, column = column,)
}

/// Takes [`set_not_null`] back, on the table and all its partitions.
#[must_use]
pub fn drop_not_null(table: &TableName, column: &Identifier) -> Sql {
    sql!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL", table = table, column = column,)
}
