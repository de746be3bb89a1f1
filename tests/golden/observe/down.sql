-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" FROM "tenants_app", "tenants_admin";
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_observe" ON "public"."posts";
ALTER TABLE "public"."posts" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" DISABLE ROW LEVEL SECURITY;

REVOKE USAGE ON SEQUENCE "public"."notes_id_seq" FROM "tenants_app", "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."notes" FROM "tenants_app", "tenants_admin";
DROP POLICY IF EXISTS "tenants_admin" ON "public"."notes";
DROP POLICY IF EXISTS "tenants_observe" ON "public"."notes";
ALTER TABLE "public"."notes" NO FORCE ROW LEVEL SECURITY;
-- Warning: "tenants_app" had rights on this table before up.sql, and keeps them on the rows of all tenants.
ALTER TABLE "public"."notes" DISABLE ROW LEVEL SECURITY;
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT TRUNCATE ON TABLE "public"."notes" TO "tenants_app";

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."files" FROM "tenants_app", "tenants_admin";
ALTER TABLE ONLY "public"."files" ALTER COLUMN "owner" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."files";
DROP POLICY IF EXISTS "tenants_observe" ON "public"."files";
ALTER TABLE "public"."files" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."files" DISABLE ROW LEVEL SECURITY;

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" FROM "tenants_app", "tenants_admin";
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events_acme";
DROP POLICY IF EXISTS "tenants_observe" ON "public"."events_acme";
ALTER TABLE "public"."events_acme" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_acme" DISABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events";
DROP POLICY IF EXISTS "tenants_observe" ON "public"."events";
ALTER TABLE "public"."events" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" DISABLE ROW LEVEL SECURITY;

REVOKE USAGE ON SCHEMA "Sales" FROM "tenants_app", "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "Sales"."Quarter ""Report""" FROM "tenants_app", "tenants_admin";
DROP INDEX IF EXISTS "Sales"."Quarter ""Report""_tenant_idx";
ALTER TABLE ONLY "Sales"."Quarter ""Report""" ALTER COLUMN "Customer" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "Sales"."Quarter ""Report""";
DROP POLICY IF EXISTS "tenants_observe" ON "Sales"."Quarter ""Report""";
ALTER TABLE "Sales"."Quarter ""Report""" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "Sales"."Quarter ""Report""" DISABLE ROW LEVEL SECURITY;
