//! The one function that all policies and defaults name; the isolation modes differ in its body.

use crate::quote::Sql;
use crate::roles::Isolation;

/// Replaces `tenants.current_tenant()`, and with it the isolation mode of the database.
///
/// It stays inlinable, without SECURITY DEFINER and SET. It returns `text`: the raw
/// `current_user` has collation "C", with which no index on the tenant column can be used.
#[must_use]
pub fn current_tenant(isolation: Isolation) -> Sql {
    Sql::fixed(match isolation {
        Isolation::SharedRole => {
            r#"CREATE OR REPLACE FUNCTION "tenants"."current_tenant"() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(pg_catalog.current_setting('tenants.tenant', true), '')"#
        }
        Isolation::RolePerTenant => {
            r#"CREATE OR REPLACE FUNCTION "tenants"."current_tenant"() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN pg_catalog.starts_with(current_user::text, 'tenant_')
        THEN pg_catalog.substr(current_user::text, 8)
    END"#
        }
    })
}
