//! Lints of tables and their policies.

use super::case::{Case, check_all, repaired};

pub(super) const CASES: &[Case] = &[
    repaired("T202", "ALTER TABLE posts DISABLE ROW LEVEL SECURITY", "public.posts", "not enabled"),
    repaired("T202", "CREATE TABLE old () INHERITS (posts)", "public.old", "not enabled"),
    repaired("T203", "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY", "public.notes", "the owner"),
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
];

#[tokio::test]
async fn faults_of_policies_are_found_and_repaired() {
    check_all(CASES).await;
}
