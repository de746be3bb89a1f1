-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "Sales"."Quarter ""Report""" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Sales"."Quarter ""Report""" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "Sales"."Quarter ""Report""" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("Customer" = "tenants"."current_tenant"())
    WITH CHECK ("Customer" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "Sales"."Quarter ""Report""" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("Customer" = "tenants"."current_tenant"())
    WITH CHECK ("Customer" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "Sales"."Quarter ""Report""" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "Sales"."Quarter ""Report""" ALTER COLUMN "Customer" SET DEFAULT "tenants"."current_tenant"();
CREATE INDEX "Quarter ""Report""_tenant_idx" ON "Sales"."Quarter ""Report""" ("Customer");
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "Sales"."Quarter ""Report""" TO "tenants_app", "tenants_admin";
GRANT USAGE ON SCHEMA "Sales" TO "tenants_app", "tenants_admin";
