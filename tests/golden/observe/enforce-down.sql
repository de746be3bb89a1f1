-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

CREATE POLICY "tenants_observe" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING (((tenant = tenants.current_tenant()) OR tenants.observe(tableoid, 'USING'::text)))
    WITH CHECK (((tenant = tenants.current_tenant()) OR tenants.observe(tableoid, 'WITH CHECK'::text)));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."posts" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
DROP POLICY IF EXISTS "tenants_guard" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."posts";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT SELECT ON TABLE "public"."posts" TO "tenants_login";
GRANT TRUNCATE ON TABLE "public"."posts" TO "tenants_login";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT SELECT ON TABLE "public"."posts" TO PUBLIC;

ALTER TABLE "public"."notes" ALTER COLUMN "tenant" DROP NOT NULL;
ALTER TABLE ONLY "public"."notes" ALTER COLUMN "tenant" SET DEFAULT 7;
CREATE POLICY "tenants_observe" ON "public"."notes" AS PERMISSIVE FOR ALL TO PUBLIC
    USING (((tenant = (tenants.current_tenant())::integer) OR tenants.observe(tableoid, 'USING'::text)))
    WITH CHECK (((tenant = (tenants.current_tenant())::integer) OR tenants.observe(tableoid, 'WITH CHECK'::text)));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."notes" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
DROP POLICY IF EXISTS "tenants_guard" ON "public"."notes";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."notes";

CREATE POLICY "tenants_observe" ON "public"."files" AS PERMISSIVE FOR ALL TO PUBLIC
    USING (((owner = (tenants.current_tenant())::uuid) OR tenants.observe(tableoid, 'USING'::text)))
    WITH CHECK (((owner = (tenants.current_tenant())::uuid) OR tenants.observe(tableoid, 'WITH CHECK'::text)));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."files" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
DROP POLICY IF EXISTS "tenants_guard" ON "public"."files";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."files";

CREATE POLICY "tenants_observe" ON "public"."events_acme" AS PERMISSIVE FOR ALL TO PUBLIC
    USING (((tenant = tenants.current_tenant()) OR tenants.observe(tableoid, 'USING'::text)))
    WITH CHECK (((tenant = tenants.current_tenant()) OR tenants.observe(tableoid, 'WITH CHECK'::text)));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."events_acme" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events_acme";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events_acme";
CREATE POLICY "tenants_observe" ON "public"."events" AS PERMISSIVE FOR ALL TO PUBLIC
    USING (((tenant = tenants.current_tenant()) OR tenants.observe(tableoid, 'USING'::text)))
    WITH CHECK (((tenant = tenants.current_tenant()) OR tenants.observe(tableoid, 'WITH CHECK'::text)));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "public"."events" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events";

CREATE POLICY "tenants_observe" ON "Sales"."Quarter ""Report""" AS PERMISSIVE FOR ALL TO PUBLIC
    USING (((("Customer")::text = tenants.current_tenant()) OR tenants.observe(tableoid, 'USING'::text)))
    WITH CHECK (((("Customer")::text = tenants.current_tenant()) OR tenants.observe(tableoid, 'WITH CHECK'::text)));
DO $$
BEGIN
    EXECUTE 'COMMENT ON POLICY "tenants_observe" ON "Sales"."Quarter ""Report""" IS ' || pg_catalog.quote_literal(
        'since ' || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    );
END
$$;
DROP POLICY IF EXISTS "tenants_guard" ON "Sales"."Quarter ""Report""";
DROP POLICY IF EXISTS "tenants_isolation" ON "Sales"."Quarter ""Report""";
