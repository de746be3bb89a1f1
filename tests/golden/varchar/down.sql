-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" FROM "tenants_app", "tenants_admin";
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" SET DEFAULT lower('NOBODY'::text);
DROP POLICY "tenants_admin" ON "public"."posts";
DROP POLICY "tenants_guard" ON "public"."posts";
DROP POLICY "tenants_isolation" ON "public"."posts";
ALTER TABLE "public"."posts" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" DISABLE ROW LEVEL SECURITY;
