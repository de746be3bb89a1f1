-- Written by `tenants migration generate --observe`. Nothing keeps the rows of tenants apart yet: policies
-- named "tenants_observe" let every row through, and record what enforced ones would hide or refuse.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "Sales"."Quarter ""Report""" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Sales"."Quarter ""Report""" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_observe" ON "Sales"."Quarter ""Report""" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("Customer" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'USING'))
    WITH CHECK ("Customer" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'WITH CHECK'));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "Sales"."Quarter ""Report""" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
CREATE POLICY "tenants_admin" ON "Sales"."Quarter ""Report""" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "Sales"."Quarter ""Report""" ALTER COLUMN "Customer" SET DEFAULT "tenants"."current_tenant"();
CREATE INDEX "Quarter ""Report""_tenant_idx" ON "Sales"."Quarter ""Report""" ("Customer");
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "Sales"."Quarter ""Report""" TO "tenants_app", "tenants_admin";
GRANT USAGE ON SCHEMA "Sales" TO "tenants_app", "tenants_admin";

ALTER TABLE "public"."events" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_observe" ON "public"."events" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'USING'))
    WITH CHECK ("tenant" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'WITH CHECK'));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."events" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
CREATE POLICY "tenants_admin" ON "public"."events" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE "public"."events_acme" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_acme" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_observe" ON "public"."events_acme" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'USING'))
    WITH CHECK ("tenant" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'WITH CHECK'));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."events_acme" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
CREATE POLICY "tenants_admin" ON "public"."events_acme" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"();
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" TO "tenants_app", "tenants_admin";

ALTER TABLE "public"."files" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."files" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_observe" ON "public"."files" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("owner" = "tenants"."current_tenant"()::uuid OR "tenants"."observe"(tableoid, 'USING'))
    WITH CHECK ("owner" = "tenants"."current_tenant"()::uuid OR "tenants"."observe"(tableoid, 'WITH CHECK'));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."files" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
CREATE POLICY "tenants_admin" ON "public"."files" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."files" ALTER COLUMN "owner" SET DEFAULT "tenants"."current_tenant"()::uuid;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."files" TO "tenants_app", "tenants_admin";

REVOKE TRUNCATE ON TABLE "public"."notes" FROM "tenants_app";
ALTER TABLE "public"."notes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."notes" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_observe" ON "public"."notes" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"()::integer OR "tenants"."observe"(tableoid, 'USING'))
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::integer OR "tenants"."observe"(tableoid, 'WITH CHECK'));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."notes" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
CREATE POLICY "tenants_admin" ON "public"."notes" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."notes" TO "tenants_app", "tenants_admin";
GRANT USAGE ON SEQUENCE "public"."notes_id_seq" TO "tenants_app", "tenants_admin";

ALTER TABLE "public"."posts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_observe" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'USING'))
    WITH CHECK ("tenant" = "tenants"."current_tenant"() OR "tenants"."observe"(tableoid, 'WITH CHECK'));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."posts" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
CREATE POLICY "tenants_admin" ON "public"."posts" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"();
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" TO "tenants_app", "tenants_admin";
