-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."files" FROM "tenants_app", "tenants_admin";
DROP INDEX "public"."files_tenant_idx";
ALTER TABLE ONLY "public"."files" ALTER COLUMN "owner" DROP DEFAULT;
DROP POLICY "tenants_admin" ON "public"."files";
DROP POLICY "tenants_guard" ON "public"."files";
DROP POLICY "tenants_isolation" ON "public"."files";
ALTER TABLE "public"."files" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."files" DISABLE ROW LEVEL SECURITY;
