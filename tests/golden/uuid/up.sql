-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."files" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."files" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."files" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("owner" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("owner" = "tenants"."current_tenant"()::uuid);
CREATE POLICY "tenants_guard" ON "public"."files" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("owner" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("owner" = "tenants"."current_tenant"()::uuid);
CREATE POLICY "tenants_admin" ON "public"."files" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."files" ALTER COLUMN "owner" SET DEFAULT "tenants"."current_tenant"()::uuid;
CREATE INDEX "files_tenant_idx" ON "public"."files" ("owner");
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."files" TO "tenants_app", "tenants_admin";
