-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

DROP POLICY IF EXISTS "tenants_isolation" ON "public"."notes";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."notes";
DROP POLICY IF EXISTS "tenants_admin" ON "public"."notes";
ALTER TABLE ONLY "public"."notes" ALTER COLUMN "tenant" DROP DEFAULT;
ALTER TABLE "public"."notes" ALTER COLUMN "tenant" TYPE bigint USING "tenant"::text::bigint;
ALTER TABLE ONLY "public"."notes" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"()::bigint;
CREATE POLICY "tenants_isolation" ON "public"."notes" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"()::bigint)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::bigint);
CREATE POLICY "tenants_guard" ON "public"."notes" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"()::bigint)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::bigint);
CREATE POLICY "tenants_admin" ON "public"."notes" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);

DROP POLICY IF EXISTS "further" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_admin" ON "public"."posts";
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" DROP DEFAULT;
ALTER TABLE "public"."posts" ALTER COLUMN "tenant" TYPE uuid USING "tenant"::text::uuid;
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"()::uuid;
CREATE POLICY "tenants_isolation" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::uuid);
CREATE POLICY "tenants_guard" ON "public"."posts" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::uuid);
CREATE POLICY "tenants_admin" ON "public"."posts" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
