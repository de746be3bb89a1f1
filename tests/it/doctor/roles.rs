//! Lints of roles and logins.

use tenants_diesel::Isolation;

use super::case::{Case, check_all, repaired, told};

pub(super) const CASES: &[Case] = &[
    told(
        "T101",
        "REVOKE tenants_app FROM {login} GRANTED BY owner;; REVOKE tenants_app FROM {login}",
        "{login}",
        "may not become the runtime role",
    ),
    told(
        "T101",
        "REVOKE EXECUTE ON FUNCTION tenants.admit(text) FROM {login}",
        "{login}",
        "may not call `tenants.admit`",
    ),
    told("T101", "DROP FUNCTION tenants.admit(text)", "tenants.admit(text)", "does not exist"),
    repaired("T102", "ALTER ROLE {login} BYPASSRLS CREATEROLE", "{login}", "BYPASSRLS, CREATEROLE"),
    repaired(
        "T102",
        "CREATE ROLE {new} REPLICATION; GRANT {new} TO {login}",
        "{new}",
        "REPLICATION",
    ),
    repaired("T102", "ALTER ROLE {login} SUPERUSER CREATEDB", "{login}", "SUPERUSER"),
    repaired("T103", "GRANT pg_read_all_data TO {login}", "pg_read_all_data", "by {login}"),
    repaired(
        "T103",
        "CREATE ROLE {new}; GRANT {new} TO {login}; GRANT pg_signal_backend TO {new}",
        "pg_signal_backend",
        "by {new}",
    ),
    repaired("T104", "ALTER TABLE posts OWNER TO {login}", "public.posts", "is owned by {login}"),
    repaired("T104", "GRANT owner TO {login}", "public.notes", "is owned by owner"),
    repaired(
        "T104",
        "ALTER FUNCTION tenants.current_tenant() OWNER TO {login}",
        "tenants.current_tenant()",
        "is owned by {login}",
    ),
    repaired("T104", "ALTER SCHEMA tenants OWNER TO {login}", "tenants", "is owned by {login}"),
    repaired(
        "T104",
        "CREATE ROLE {new}; GRANT {new} TO {login}; CREATE TABLE titles (title text NOT NULL);
        ALTER TABLE posts INHERIT titles; ALTER TABLE titles OWNER TO {new}",
        "public.titles",
        "is owned by {new}",
    ),
    repaired("T105", "ALTER TABLE posts OWNER TO postgres", "public.posts", "is a superuser"),
    repaired(
        "T105",
        "CREATE ROLE {new} INHERIT; GRANT tenants_admin TO {new}; ALTER TABLE posts OWNER TO {new}",
        "public.posts",
        "has the rights of the admin role",
    ),
    repaired(
        "T106",
        "REVOKE tenants_app FROM {login};; ALTER ROLE {login} INHERIT;; GRANT tenants_app TO {login}",
        "{login}",
        "has the rights of tenants_app",
    ),
    repaired(
        "T107",
        "CREATE ROLE {new}; GRANT {new} TO {login} WITH ADMIN OPTION",
        "{login}",
        "may grant {new}",
    ),
    repaired("T109", "GRANT tenants_admin TO {login}", "{login}", "may become tenants_admin"),
    repaired(
        "T110",
        "CREATE ROLE {new} LOGIN NOINHERIT; GRANT tenants_admin TO {new}",
        "{new}",
        "may become the admin role",
    ),
    repaired(
        "T110",
        "CREATE ROLE {new} BYPASSRLS; GRANT tenants_admin TO {new}",
        "{new}",
        "BYPASSRLS although",
    ),
    repaired("T111", "ALTER ROLE {login} SET role = tenants_app", "{login}", "role=tenants_app"),
    repaired(
        "T111",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET tenants.tenant = acme', current_database()); END $$",
        "ALL in test_",
        "tenants.tenant=acme",
    ),
    repaired(
        "T111",
        "DO $$ BEGIN EXECUTE format('ALTER ROLE {login} IN DATABASE %I SET row_security = off', current_database()); END $$",
        "{login} in test_",
        "row_security=off",
    ),
];

/// Where each tenant has a role.
pub(super) const WITH_ROLES: &[Case] = &[
    repaired(
        "T108",
        r#"CREATE ROLE "tenant_{new}"; GRANT "tenant_{new}" TO {login}; GRANT tenants_app TO "tenant_{new}";
        CREATE ROLE {new}; GRANT {new} TO "tenant_{new}""#,
        "tenant_{new}",
        "is a member of {new}",
    ),
    repaired(
        "T108",
        r#"CREATE ROLE "tenant_{new}" LOGIN; GRANT "tenant_{new}" TO {login}"#,
        "tenant_{new}",
        "may log in",
    ),
    repaired(
        "T108",
        r#"CREATE ROLE "tenant_{new}"; GRANT "tenant_{new}" TO {login}; CREATE ROLE {new} LOGIN; GRANT "tenant_{new}" TO {new}"#,
        "tenant_{new}",
        "may be become by {new}",
    ),
];

#[tokio::test]
async fn faults_of_roles_are_found_and_repaired() {
    check_all(CASES, Isolation::SharedRole).await;
}

#[tokio::test]
async fn faults_of_tenants_roles_are_found_and_repaired() {
    check_all(WITH_ROLES, Isolation::RolePerTenant).await;
}
