-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" FROM "tenants_app", "tenants_admin";
DROP INDEX "public"."events_tenant_idx";
ALTER TABLE "public"."events" ALTER COLUMN "tenant" DROP NOT NULL;
ALTER TABLE "public"."events_1" ALTER COLUMN "tenant" SET NOT NULL;
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY "tenants_admin" ON "public"."events_2a";
DROP POLICY "tenants_guard" ON "public"."events_2a";
DROP POLICY "tenants_isolation" ON "public"."events_2a";
ALTER TABLE "public"."events_2a" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_2a" DISABLE ROW LEVEL SECURITY;
DROP POLICY "tenants_admin" ON "public"."events_2";
DROP POLICY "tenants_guard" ON "public"."events_2";
DROP POLICY "tenants_isolation" ON "public"."events_2";
ALTER TABLE "public"."events_2" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_2" DISABLE ROW LEVEL SECURITY;
DROP POLICY "tenants_admin" ON "public"."events_1";
DROP POLICY "tenants_guard" ON "public"."events_1";
DROP POLICY "tenants_isolation" ON "public"."events_1";
ALTER TABLE "public"."events_1" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_1" DISABLE ROW LEVEL SECURITY;
DROP POLICY "tenants_admin" ON "public"."events";
DROP POLICY "tenants_guard" ON "public"."events";
DROP POLICY "tenants_isolation" ON "public"."events";
ALTER TABLE "public"."events" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" DISABLE ROW LEVEL SECURITY;
