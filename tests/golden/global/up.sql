-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."counters" TO "tenants_app", "tenants_admin";
GRANT USAGE ON SEQUENCE "public"."counters_id_seq" TO "tenants_app", "tenants_admin";

GRANT SELECT ON TABLE "public"."plans" TO "tenants_app";
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."plans" TO "tenants_admin";
GRANT USAGE ON SEQUENCE "public"."plans_id_seq" TO "tenants_admin";
