//! Lints of tables and their policies.

use tenants_diesel::Isolation;
use tenants_diesel::doctor::Report;

use super::case::{Case, Patient, check_all, lint, repaired, told};

pub(super) const CASES: &[Case] = &[
    told("T201", "DROP TABLE plans", "public.plans", "is not there"),
    told(
        "T201",
        "DROP TABLE orders; CREATE VIEW orders AS SELECT 1 AS tenant",
        "public.orders",
        "is a view",
    ),
    repaired("T202", "ALTER TABLE posts DISABLE ROW LEVEL SECURITY", "public.posts", "DISABLE"),
    repaired("T202", "CREATE TABLE old () INHERITS (posts)", "public.old", "DISABLE"),
    repaired("T203", "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY", "public.notes", "NO FORCE"),
    repaired("T204", "DROP POLICY tenants_guard ON files", "public.files.tenants_guard", "missing"),
    repaired(
        "T204",
        "ALTER POLICY tenants_guard ON posts USING (true)",
        "public.posts.tenants_guard",
        "USING (true) WITH CHECK ((tenant = tenants.current_tenant()))",
    ),
    repaired(
        "T204",
        "ALTER POLICY tenants_isolation ON orders WITH CHECK (true)",
        "public.orders.tenants_isolation",
        "WITH CHECK (true)",
    ),
    repaired(
        "T204",
        "DROP POLICY tenants_guard ON posts;
        CREATE POLICY tenants_guard ON posts TO tenants_app USING (tenant = tenants.current_tenant())
            WITH CHECK (tenant = tenants.current_tenant())",
        "public.posts.tenants_guard",
        "AS PERMISSIVE",
    ),
    repaired(
        "T204",
        "ALTER POLICY tenants_guard ON posts TO tenants_admin",
        "public.posts.tenants_guard",
        "TO tenants_admin",
    ),
    repaired(
        "T204",
        "ALTER POLICY tenants_admin ON posts TO PUBLIC",
        "public.posts.tenants_admin",
        "TO PUBLIC",
    ),
    repaired(
        "T204",
        "ALTER POLICY tenants_isolation ON files
            USING (tenant = tenants.current_tenant()::uuid OR tenant IS NULL)",
        "public.files.tenants_isolation",
        "OR (tenant IS NULL)",
    ),
    repaired(
        "T205",
        "CREATE POLICY everything ON posts FOR SELECT TO tenants_app, {login} USING (true)",
        "public.posts.everything",
        "FOR SELECT TO ",
    ),
    repaired(
        "T206",
        "CREATE TABLE titles (title text NOT NULL); ALTER TABLE posts INHERIT titles;
        GRANT SELECT (title) ON titles TO tenants_app",
        "public.titles",
        "shows rows of public.posts",
    ),
    repaired(
        "T206",
        "CREATE ROLE {new}; GRANT {new} TO {login}; CREATE TABLE titles (title text NOT NULL);
        ALTER TABLE posts INHERIT titles; GRANT SELECT ON titles TO {new}",
        "public.titles",
        "shows rows of public.posts",
    ),
    told(
        "T207",
        r#"CREATE SCHEMA "A ""b"", c"; CREATE TABLE "A ""b"", c".posts (title text);
        GRANT USAGE ON SCHEMA "A ""b"", c" TO tenants_app;
        ALTER ROLE {login} SET search_path = "A ""b"", c", public"#,
        "public.posts",
        r#""A ""b"", c".posts is meant"#,
    ),
    told(
        "T207",
        "CREATE SCHEMA tenants_app; CREATE VIEW tenants_app.notes AS SELECT 1 AS tenant;
        GRANT USAGE ON SCHEMA tenants_app TO tenants_app",
        "public.notes",
        "tenants_app.notes is meant",
    ),
    repaired(
        "T208",
        "ALTER FUNCTION tenants.current_tenant() IMMUTABLE",
        "tenants.current_tenant()",
        "is IMMUTABLE",
    ),
    repaired(
        "T208",
        "CREATE FUNCTION mine() RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN lower('A'); END $$;
        CREATE POLICY more ON posts USING (title = mine())",
        "public.mine()",
        "looks names up when it runs",
    ),
    told(
        "T209",
        "CREATE POLICY more ON posts USING (EXISTS (SELECT FROM plans))",
        "public.posts.more",
        "reads public.plans",
    ),
    told(
        "T210",
        "CREATE OR REPLACE FUNCTION tenants.current_tenant() RETURNS text LANGUAGE sql STABLE RETURN 'acme'::text",
        "tenants.current_tenant()",
        "RETURN 'acme'::text",
    ),
    told(
        "T210",
        "ALTER FUNCTION tenants.current_tenant() SECURITY DEFINER",
        "tenants.current_tenant()",
        "SECURITY DEFINER",
    ),
    repaired("T211", "ALTER TABLE plans ENABLE ROW LEVEL SECURITY", "public.plans", "has row-level"),
    repaired(
        "T212",
        "CREATE POLICY tenants_observe ON posts USING (tenants.observe(tableoid, 'USING'));
        COMMENT ON POLICY tenants_observe ON posts IS 'since yesterday'",
        "public.posts.tenants_observe",
        "since yesterday",
    ),
];

/// A table that nobody may look up hides none, and neither does one behind.
const NO_SHADOWS: [&str; 2] = [
    "CREATE SCHEMA evil; CREATE TABLE evil.posts (title text); ALTER ROLE {login} SET search_path = evil, public",
    "CREATE SCHEMA evil; CREATE TABLE evil.posts (title text); GRANT USAGE ON SCHEMA evil TO tenants_app;
    ALTER ROLE {login} SET search_path = public, evil",
];

#[tokio::test]
async fn a_table_that_is_not_found_first_hides_none() {
    for sql in NO_SHADOWS {
        let patient = Patient::new(Isolation::SharedRole).await;
        patient.run(sql).await;
        assert_eq!(patient.examine([lint("T207")]).await, Report::default(), "{sql}");
    }
}

#[tokio::test]
async fn faults_of_policies_are_found_and_repaired() {
    check_all(CASES, Isolation::SharedRole).await;
}
