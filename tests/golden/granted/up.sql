-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."events" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."events" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."events" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "public"."events" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"();
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" TO "tenants_app", "tenants_admin";

REVOKE INSERT, REFERENCES ON TABLE "public"."plans" FROM PUBLIC;
REVOKE UPDATE ON TABLE "public"."plans" FROM "tenants_app";
REVOKE SELECT ON TABLE "public"."plans" FROM "tenants_login";
GRANT SELECT ON TABLE "public"."plans" TO "tenants_app";
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."plans" TO "tenants_admin";

REVOKE SELECT ON TABLE "public"."posts" FROM PUBLIC;
REVOKE TRUNCATE, REFERENCES, TRIGGER ON TABLE "public"."posts" FROM "tenants_app";
REVOKE SELECT, UPDATE, TRUNCATE ON TABLE "public"."posts" FROM "tenants_login";
REVOKE SELECT, INSERT ON TABLE "public"."old_posts" FROM PUBLIC;
REVOKE TRUNCATE ON TABLE "public"."old_posts" FROM "tenants_app";
ALTER TABLE "public"."posts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."posts" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "public"."posts" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE "public"."old_posts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."old_posts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."old_posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."old_posts" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "public"."old_posts" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" TO "tenants_admin";
