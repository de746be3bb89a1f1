-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

DROP POLICY IF EXISTS "tenants_admin" ON "public"."events_b1";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events_b1";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events_b1";
ALTER TABLE "public"."events_b1" NO FORCE ROW LEVEL SECURITY;
-- Warning: "tenants_app" had rights on this table before up.sql, and keeps them on the rows of all tenants.
ALTER TABLE "public"."events_b1" DISABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events_b";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events_b";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events_b";
ALTER TABLE "public"."events_b" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_b" DISABLE ROW LEVEL SECURITY;
