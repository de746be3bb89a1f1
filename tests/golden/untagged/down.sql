-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

GRANT SELECT ON TABLE "public"."posts" TO "tenants_login" WITH GRANT OPTION;
GRANT SELECT ON TABLE "public"."posts" TO "tenants_app";
GRANT INSERT ON TABLE "public"."posts" TO "tenants_app";
GRANT UPDATE ON TABLE "public"."posts" TO "tenants_app";
GRANT UPDATE ("title") ON TABLE "public"."posts" TO "tenants_app";
GRANT SELECT ON TABLE "public"."posts" TO "tenants_admin";
GRANT SELECT ON TABLE "public"."posts" TO PUBLIC;

GRANT SELECT ON TABLE "public"."notes_1" TO PUBLIC;

GRANT SELECT ON TABLE "public"."notes" TO "tenants_app";
GRANT INSERT ON TABLE "public"."notes" TO "tenants_app";
GRANT UPDATE ON TABLE "public"."notes" TO "tenants_app";
GRANT DELETE ON TABLE "public"."notes" TO "tenants_app";
GRANT SELECT ON TABLE "public"."notes" TO "tenants_admin";
GRANT INSERT ON TABLE "public"."notes" TO "tenants_admin";
GRANT UPDATE ON TABLE "public"."notes" TO "tenants_admin";
GRANT DELETE ON TABLE "public"."notes" TO "tenants_admin";
