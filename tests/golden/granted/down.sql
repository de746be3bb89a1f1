-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" FROM "tenants_admin";
DROP POLICY IF EXISTS "tenants_admin" ON "public"."old_posts";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."old_posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."old_posts";
ALTER TABLE "public"."old_posts" NO FORCE ROW LEVEL SECURITY;
-- Warning: "tenants_app" had rights on this table before up.sql, and keeps them on the rows of all tenants.
ALTER TABLE "public"."old_posts" DISABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."posts";
ALTER TABLE "public"."posts" NO FORCE ROW LEVEL SECURITY;
-- Warning: "tenants_app" had rights on this table before up.sql, and keeps them on the rows of all tenants.
ALTER TABLE "public"."posts" DISABLE ROW LEVEL SECURITY;
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT TRUNCATE ON TABLE "public"."old_posts" TO "tenants_app";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT SELECT ("note") ON TABLE "public"."old_posts" TO PUBLIC;
GRANT INSERT ("note") ON TABLE "public"."old_posts" TO PUBLIC;
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT SELECT ON TABLE "public"."posts" TO "tenants_login" WITH GRANT OPTION;
GRANT UPDATE ON TABLE "public"."posts" TO "tenants_login" WITH GRANT OPTION;
GRANT TRUNCATE ON TABLE "public"."posts" TO "tenants_login";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT TRUNCATE ON TABLE "public"."posts" TO "tenants_app";
GRANT REFERENCES ("id", "tenant") ON TABLE "public"."posts" TO "tenants_app";
GRANT TRIGGER ON TABLE "public"."posts" TO "tenants_app";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT SELECT ON TABLE "public"."posts" TO PUBLIC;

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."plans" FROM "tenants_admin";
REVOKE SELECT ON TABLE "public"."plans" FROM "tenants_app";
GRANT SELECT ON TABLE "public"."plans" TO "tenants_login";
GRANT UPDATE ("name") ON TABLE "public"."plans" TO "tenants_app";
GRANT INSERT ON TABLE "public"."plans" TO PUBLIC;
GRANT REFERENCES ON TABLE "public"."plans" TO PUBLIC;

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" FROM "tenants_app", "tenants_admin";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT UPDATE ("The title") ON TABLE "public"."events" TO "tenants_admin" WITH GRANT OPTION;
GRANT SELECT ("The title") ON TABLE "public"."events" TO "tenants_app";
GRANT UPDATE ("The title") ON TABLE "public"."events" TO "tenants_app";
GRANT UPDATE ("tenant") ON TABLE "public"."events" TO "tenants_app";
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events";
ALTER TABLE "public"."events" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" DISABLE ROW LEVEL SECURITY;
