//! Lints of what roles may do.

use tenants_diesel::Isolation;

use super::case::{Case, check_all, repaired, told};

pub(super) const CASES: &[Case] = &[
    repaired("T401", "GRANT TRUNCATE ON posts TO tenants_app", "public.posts", "TRUNCATE to tenants_app"),
    repaired(
        "T401",
        "GRANT REFERENCES (title), TRIGGER ON posts TO PUBLIC",
        "public.posts",
        "REFERENCES (title), TRIGGER to PUBLIC",
    ),
    repaired("T401", "GRANT TRUNCATE ON plans TO {login}", "public.plans", "TRUNCATE to {login}"),
    repaired(
        "T401",
        "CREATE TABLE titles (title text NOT NULL); ALTER TABLE posts INHERIT titles;
        GRANT TRUNCATE ON titles TO tenants_app",
        "public.titles",
        "TRUNCATE to tenants_app",
    ),
    repaired("T402", "GRANT SELECT ON posts TO {login}", "public.posts", "SELECT to {login}"),
    repaired("T402", "GRANT UPDATE (title) ON posts TO PUBLIC", "public.posts", "UPDATE (title) to PUBLIC"),
    repaired(
        "T402",
        "CREATE ROLE {new}; GRANT {new} TO {login}; CREATE TABLE titles (title text NOT NULL);
        ALTER TABLE posts INHERIT titles; GRANT SELECT ON titles TO {new}",
        "public.titles",
        "SELECT to {new}",
    ),
    repaired(
        "T402",
        "GRANT SELECT ON posts TO tenants_app WITH GRANT OPTION",
        "public.posts",
        "to tenants_app WITH GRANT OPTION",
    ),
    repaired(
        "T403",
        "ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT SELECT, INSERT ON TABLES TO tenants_app",
        "every schema, made by owner",
        "INSERT, SELECT on tables to tenants_app",
    ),
    repaired(
        "T403",
        "ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "schema public, made by owner",
        "EXECUTE on functions to PUBLIC",
    ),
    repaired("T404", "GRANT SELECT, UPDATE ON posts_id_seq TO tenants_app", "public.posts_id_seq", "SELECT, UPDATE to tenants_app"),
    repaired("T405", "GRANT CREATE ON SCHEMA public TO tenants_app", "public", "CREATE to tenants_app"),
    repaired("T405", "GRANT CREATE ON SCHEMA tenants TO PUBLIC", "tenants", "CREATE to PUBLIC"),
    repaired(
        "T406",
        "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$",
        "test_",
        "TEMPORARY to PUBLIC",
    ),
    repaired(
        "T406",
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO tenants_app', current_database()); END $$",
        "test_",
        "CREATE to tenants_app",
    ),
    told("T408", "CREATE TABLE drafts (tenant text)", "public.drafts", "has a column tenant"),
    repaired("T409", "CREATE TABLE logs (line text); GRANT SELECT ON logs TO tenants_app", "public.logs", "SELECT to tenants_app"),
    repaired(
        "T410",
        "GRANT EXECUTE ON FUNCTION tenants.list_tenants() TO tenants_app",
        "tenants.list_tenants()",
        "EXECUTE to tenants_app",
    ),
    repaired("T410", "GRANT EXECUTE ON FUNCTION tenants.delete_tenant(text) TO PUBLIC", "tenants.delete_tenant(text)", "EXECUTE to PUBLIC"),
    repaired(
        "T410",
        "CREATE FUNCTION tenants.refuse(integer) RETURNS integer LANGUAGE sql RETURN 1",
        "tenants.refuse(integer)",
        "EXECUTE to PUBLIC",
    ),
    repaired("T410", "GRANT SELECT ON tenants.tenant TO {login}", "tenants.tenant", "SELECT to {login}"),
    repaired(
        "T411",
        "CREATE TABLE IF NOT EXISTS tenants.scope_key (id integer, inner_pad bytea, outer_pad bytea);
        CREATE ROLE {new}; GRANT SELECT (inner_pad) ON tenants.scope_key TO {new}",
        "tenants.scope_key",
        "SELECT (inner_pad) to {new}",
    ),
    repaired(
        "T412",
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO tenants_app",
        "pg_read_file(text)",
        "EXECUTE to tenants_app",
    ),
    repaired(
        "T413",
        "GRANT EXECUTE ON FUNCTION tenants.delete_tenant(text) TO {login}",
        "tenants.delete_tenant(text)",
        "EXECUTE to {login}",
    ),
];

#[tokio::test]
async fn rights_beyond_are_found_and_revoked() {
    check_all(CASES, Isolation::SharedRole).await;
}
