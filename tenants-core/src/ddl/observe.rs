//! The policy of a table that is observed and not yet enforced.

use crate::quote::{Body, Identifier, Literal, Sql, TableName, sql};
use crate::table::TenantType;

use super::default;

/// Creates `tenants_observe`, which lets every row through and records those that enforced policies would hide or
/// refuse.
///
/// The comparison comes first, and PostgreSQL evaluates no more of an `OR` that is true. `tableoid` and not the
/// table's name, which a renamed table no longer has.
///
/// Since when it observes stands in its comment, which goes with it.
pub(super) fn create(table: &TableName, column: &Identifier, column_type: TenantType) -> Sql {
    let policy = sql!(
        r#"CREATE POLICY "tenants_observe" ON {table} AS PERMISSIVE FOR ALL TO PUBLIC
    USING ({column} = {tenant} OR "tenants"."observe"(tableoid, 'USING'))
    WITH CHECK ({column} = {tenant} OR "tenants"."observe"(tableoid, 'WITH CHECK'))"#,
        table = table,
        column = column,
        tenant = default::tenant(column_type),
    );
    Sql::lines([policy, since_now(table)])
}

/// Says in the policy's comment that it observes from now on: the catalog keeps no times.
pub(crate) fn since_now(table: &TableName) -> Sql {
    let comment = sql!(r#"COMMENT ON POLICY "tenants_observe" ON {table} IS "#, table = table);
    let body = sql!(
        r#"BEGIN
    EXECUTE {comment} || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END"#,
        comment = Literal::new(comment.as_str()),
    );
    sql!("DO {body}", body = Body(&body))
}

/// Both conditions as the server writes them down, around the comparison of the other policies.
pub(super) fn deparsed(comparison: &str) -> [String; 2] {
    ["USING", "WITH CHECK"]
        .map(|side| format!("({comparison} OR tenants.observe(tableoid, '{side}'::text))"))
}
