-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT ON SEQUENCE "public"."orders_id_seq" FROM PUBLIC;
REVOKE SELECT, UPDATE ON SEQUENCE "public"."orders_id_seq" FROM "tenants_app";
ALTER TABLE "public"."orders" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."orders" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."orders" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"()::bigint)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::bigint);
CREATE POLICY "tenants_guard" ON "public"."orders" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"()::bigint)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::bigint);
CREATE POLICY "tenants_admin" ON "public"."orders" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."orders" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"()::bigint;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."orders" TO "tenants_app", "tenants_admin";
GRANT USAGE ON SEQUENCE "public"."orders_id_seq" TO "tenants_app", "tenants_admin";

REVOKE UPDATE ON SEQUENCE "public"."posts_id_seq" FROM "tenants_login";
ALTER TABLE "public"."posts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."posts" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "public"."posts" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"();
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" TO "tenants_app", "tenants_admin";
