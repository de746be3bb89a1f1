-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."events" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."files" FORCE ROW LEVEL SECURITY;

CREATE POLICY "tenants_guard" ON "public"."notes" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"()::integer)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::integer);

DROP POLICY IF EXISTS "tenants_isolation" ON "public"."orders";
CREATE POLICY "tenants_isolation" ON "public"."orders" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"()::bigint)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::bigint);

DROP POLICY IF EXISTS "For everybody" ON "public"."posts";
