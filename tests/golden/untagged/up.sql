-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."notes" FROM "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."notes" FROM "tenants_app";

REVOKE SELECT ON TABLE "public"."notes_1" FROM PUBLIC;

REVOKE SELECT ON TABLE "public"."posts" FROM PUBLIC;
REVOKE SELECT ON TABLE "public"."posts" FROM "tenants_admin";
REVOKE SELECT, INSERT, UPDATE ON TABLE "public"."posts" FROM "tenants_app";
REVOKE SELECT ON TABLE "public"."posts" FROM "tenants_login";
