-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "archive"."posts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "archive"."posts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "archive"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "archive"."posts" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "archive"."posts" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "archive"."posts" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"();
GRANT INSERT, UPDATE, DELETE ON TABLE "archive"."posts" TO "tenants_app";
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "archive"."posts" TO "tenants_admin";
GRANT USAGE ON SCHEMA "archive" TO "tenants_app", "tenants_admin";
