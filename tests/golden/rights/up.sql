-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

GRANT INSERT, DELETE ON TABLE "public"."events" TO "tenants_app";
GRANT UPDATE ON TABLE "public"."events" TO "tenants_admin";
GRANT USAGE ON SEQUENCE "public"."events_id_seq" TO "tenants_app";

REVOKE UPDATE ON TABLE "public"."plans" FROM PUBLIC;
REVOKE INSERT ON TABLE "public"."plans" FROM "tenants_app";
GRANT SELECT ON TABLE "public"."plans" TO "tenants_app";

REVOKE SELECT ON TABLE "public"."posts" FROM PUBLIC;
REVOKE TRUNCATE, REFERENCES, TRIGGER ON TABLE "public"."posts" FROM "tenants_app";
REVOKE SELECT, UPDATE ON TABLE "public"."posts" FROM "tenants_login";
REVOKE SELECT ON SEQUENCE "public"."posts_id_seq" FROM PUBLIC;
REVOKE UPDATE ON SEQUENCE "public"."posts_id_seq" FROM "tenants_app";
REVOKE UPDATE ON SEQUENCE "public"."posts_id_seq" FROM "tenants_login";
