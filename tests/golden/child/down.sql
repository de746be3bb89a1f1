-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" FROM "tenants_app", "tenants_admin";
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."posts";
ALTER TABLE "public"."posts" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" DISABLE ROW LEVEL SECURITY;

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" FROM "tenants_app", "tenants_admin";
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events";
ALTER TABLE "public"."events" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" DISABLE ROW LEVEL SECURITY;

-- Keys as they were. Where two tenants have the same value by now, this fails and changes nothing.
ALTER TABLE "public"."events" DROP CONSTRAINT IF EXISTS "events_post_fkey";
ALTER TABLE "public"."events" DROP CONSTRAINT IF EXISTS "events_pkey";
ALTER TABLE "public"."posts" DROP CONSTRAINT IF EXISTS "posts_pkey";
ALTER TABLE ONLY "public"."events" ADD CONSTRAINT "events_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY "public"."posts" ADD CONSTRAINT "posts_pkey" PRIMARY KEY (id);
ALTER TABLE "public"."events" ADD CONSTRAINT "events_post_fkey" FOREIGN KEY (post) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE "public"."events" DROP COLUMN IF EXISTS "tenant";
