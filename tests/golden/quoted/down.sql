-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE USAGE ON SCHEMA "Sales" FROM "tenants_app", "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "Sales"."Quarter ""Report""" FROM "tenants_app", "tenants_admin";
DROP INDEX "Sales"."Quarter ""Report""_tenant_idx";
ALTER TABLE ONLY "Sales"."Quarter ""Report""" ALTER COLUMN "Customer" DROP DEFAULT;
DROP POLICY "tenants_admin" ON "Sales"."Quarter ""Report""";
DROP POLICY "tenants_guard" ON "Sales"."Quarter ""Report""";
DROP POLICY "tenants_isolation" ON "Sales"."Quarter ""Report""";
ALTER TABLE "Sales"."Quarter ""Report""" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "Sales"."Quarter ""Report""" DISABLE ROW LEVEL SECURITY;
