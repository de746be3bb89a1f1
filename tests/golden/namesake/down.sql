-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE USAGE ON SCHEMA "archive" FROM "tenants_app", "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "archive"."posts" FROM "tenants_admin";
REVOKE INSERT, UPDATE, DELETE ON TABLE "archive"."posts" FROM "tenants_app";
ALTER TABLE ONLY "archive"."posts" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "archive"."posts";
DROP POLICY IF EXISTS "tenants_guard" ON "archive"."posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "archive"."posts";
ALTER TABLE "archive"."posts" NO FORCE ROW LEVEL SECURITY;
-- Warning: "tenants_app" had rights on this table before up.sql, and keeps them on the rows of all tenants.
ALTER TABLE "archive"."posts" DISABLE ROW LEVEL SECURITY;
