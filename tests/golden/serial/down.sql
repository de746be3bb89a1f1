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
DROP POLICY IF EXISTS "tenants_guard" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."posts";
ALTER TABLE "public"."posts" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" DISABLE ROW LEVEL SECURITY;
GRANT UPDATE ON SEQUENCE "public"."posts_id_seq" TO "tenants_login" WITH GRANT OPTION;

REVOKE USAGE ON SEQUENCE "public"."orders_id_seq" FROM "tenants_app", "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."orders" FROM "tenants_app", "tenants_admin";
ALTER TABLE ONLY "public"."orders" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."orders";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."orders";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."orders";
ALTER TABLE "public"."orders" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."orders" DISABLE ROW LEVEL SECURITY;
GRANT SELECT ON SEQUENCE "public"."orders_id_seq" TO "tenants_app";
GRANT UPDATE ON SEQUENCE "public"."orders_id_seq" TO "tenants_app";
GRANT SELECT ON SEQUENCE "public"."orders_id_seq" TO PUBLIC;
