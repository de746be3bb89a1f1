-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

CREATE POLICY "tenants_isolation" ON "Sales"."Quarter ""Report""" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("Customer" = "tenants"."current_tenant"())
    WITH CHECK ("Customer" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "Sales"."Quarter ""Report""" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("Customer" = "tenants"."current_tenant"())
    WITH CHECK ("Customer" = "tenants"."current_tenant"());
DROP POLICY IF EXISTS "tenants_observe" ON "Sales"."Quarter ""Report""";

CREATE POLICY "tenants_isolation" ON "public"."events" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."events" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
DROP POLICY IF EXISTS "tenants_observe" ON "public"."events";
CREATE POLICY "tenants_isolation" ON "public"."events_acme" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."events_acme" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
DROP POLICY IF EXISTS "tenants_observe" ON "public"."events_acme";

CREATE POLICY "tenants_isolation" ON "public"."files" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("owner" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("owner" = "tenants"."current_tenant"()::uuid);
CREATE POLICY "tenants_guard" ON "public"."files" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("owner" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("owner" = "tenants"."current_tenant"()::uuid);
DROP POLICY IF EXISTS "tenants_observe" ON "public"."files";

CREATE POLICY "tenants_isolation" ON "public"."notes" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"()::integer)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::integer);
CREATE POLICY "tenants_guard" ON "public"."notes" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"()::integer)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::integer);
DROP POLICY IF EXISTS "tenants_observe" ON "public"."notes";
ALTER TABLE ONLY "public"."notes" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"()::integer;
ALTER TABLE "public"."notes" ALTER COLUMN "tenant" SET NOT NULL;

REVOKE SELECT ON TABLE "public"."posts" FROM PUBLIC;
REVOKE SELECT, TRUNCATE ON TABLE "public"."posts" FROM "tenants_login";
CREATE POLICY "tenants_isolation" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."posts" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
DROP POLICY IF EXISTS "tenants_observe" ON "public"."posts";
