-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
SET LOCAL row_security = off;

REVOKE USAGE ON SEQUENCE "public"."plans_id_seq" FROM "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."plans" FROM "tenants_admin";
REVOKE SELECT ON TABLE "public"."plans" FROM "tenants_app";

REVOKE USAGE ON SEQUENCE "public"."counters_id_seq" FROM "tenants_app", "tenants_admin";
REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."counters" FROM "tenants_app", "tenants_admin";
