-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE USAGE ON SEQUENCE "public"."plans_id_seq" FROM "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."plans" FROM "tenants_admin";
REVOKE SELECT ON TABLE "public"."plans" FROM "tenants_app";

REVOKE USAGE ON SEQUENCE "public"."counters_id_seq" FROM "tenants_app", "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."counters" FROM "tenants_app", "tenants_admin";
