-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

DROP POLICY IF EXISTS "tenants_isolation" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_admin" ON "public"."posts";
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" DROP DEFAULT;
ALTER TABLE "public"."posts" ALTER COLUMN "tenant" TYPE text USING "tenant"::text::text;
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" SET DEFAULT tenants.current_tenant();
CREATE POLICY "tenants_admin" ON "public"."posts" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
CREATE POLICY "tenants_guard" ON "public"."posts" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ((tenant = tenants.current_tenant()))
    WITH CHECK ((tenant = tenants.current_tenant()));
CREATE POLICY "tenants_isolation" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ((tenant = tenants.current_tenant()))
    WITH CHECK ((tenant = tenants.current_tenant()));
CREATE POLICY "further" ON "public"."posts" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ((tenant = 'x'::text));

DROP POLICY IF EXISTS "tenants_isolation" ON "public"."notes";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."notes";
DROP POLICY IF EXISTS "tenants_admin" ON "public"."notes";
ALTER TABLE ONLY "public"."notes" ALTER COLUMN "tenant" DROP DEFAULT;
ALTER TABLE "public"."notes" ALTER COLUMN "tenant" TYPE integer USING "tenant"::text::integer;
ALTER TABLE ONLY "public"."notes" ALTER COLUMN "tenant" SET DEFAULT (tenants.current_tenant())::integer;
CREATE POLICY "tenants_admin" ON "public"."notes" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
CREATE POLICY "tenants_guard" ON "public"."notes" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ((tenant = (tenants.current_tenant())::integer))
    WITH CHECK ((tenant = (tenants.current_tenant())::integer));
CREATE POLICY "tenants_isolation" ON "public"."notes" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ((tenant = (tenants.current_tenant())::integer))
    WITH CHECK ((tenant = (tenants.current_tenant())::integer));
