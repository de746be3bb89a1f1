-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

CREATE POLICY "For everybody" ON "public"."posts" AS PERMISSIVE FOR SELECT TO PUBLIC
    USING (true);

DROP POLICY IF EXISTS "tenants_isolation" ON "public"."orders";
CREATE POLICY "tenants_isolation" ON "public"."orders" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ((tenant > 0))
    WITH CHECK ((tenant = (tenants.current_tenant())::bigint));

DROP POLICY IF EXISTS "tenants_guard" ON "public"."notes";

ALTER TABLE "public"."files" NO FORCE ROW LEVEL SECURITY;

-- Warning: "tenants_app" had rights on this table before up.sql, and keeps them on the rows of all tenants.
ALTER TABLE "public"."events" DISABLE ROW LEVEL SECURITY;
