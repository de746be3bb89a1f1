-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."posts" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."posts" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" FROM "tenants_app", "tenants_admin";
ALTER TABLE "public"."posts" ADD CONSTRAINT "posts_tenant_is_there" CHECK ("tenant" IS NOT NULL) NOT VALID;
ALTER TABLE ONLY "public"."posts" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."posts";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."posts";
ALTER TABLE "public"."posts" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."posts" DISABLE ROW LEVEL SECURITY;

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."events" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."events" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" FROM "tenants_app", "tenants_admin";
ALTER TABLE "public"."events" ADD CONSTRAINT "events_tenant_is_there" CHECK ("tenant" IS NOT NULL) NOT VALID;
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" DROP DEFAULT;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events_2";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events_2";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events_2";
ALTER TABLE "public"."events_2" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_2" DISABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events_1";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events_1";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events_1";
ALTER TABLE "public"."events_1" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_1" DISABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "tenants_admin" ON "public"."events";
DROP POLICY IF EXISTS "tenants_guard" ON "public"."events";
DROP POLICY IF EXISTS "tenants_isolation" ON "public"."events";
ALTER TABLE "public"."events" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" DISABLE ROW LEVEL SECURITY;

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- No statement that reads or writes rows waits for this lock, or behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."posts" VALIDATE CONSTRAINT "posts_tenant_is_there";

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."posts" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."posts" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."posts" ALTER COLUMN "tenant" DROP NOT NULL;

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- No statement that reads or writes rows waits for this lock, or behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."events" VALIDATE CONSTRAINT "events_tenant_is_there";

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."events" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."events" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."events" ALTER COLUMN "tenant" DROP NOT NULL;

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."events" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."events" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

DROP INDEX IF EXISTS "public"."events_tenant_idx";

-- Written by `tenants migration generate --online`. Takes up.sql back.
DROP INDEX CONCURRENTLY IF EXISTS "public"."posts_tenant_idx";

-- Written by `tenants migration generate --online`. Takes up.sql back.
DROP INDEX CONCURRENTLY IF EXISTS "public"."events_2_tenant_idx";

-- Written by `tenants migration generate --online`. Takes up.sql back.
DROP INDEX CONCURRENTLY IF EXISTS "public"."events_1_tenant_idx";

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."posts" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."posts" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."posts" DROP CONSTRAINT IF EXISTS "posts_tenant_is_there";
ALTER TABLE "public"."posts" ADD CONSTRAINT "posts_tenant_is_there" CHECK ("tenant" IS NOT NULL) NOT VALID;

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."events" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."events" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."events" DROP CONSTRAINT IF EXISTS "events_tenant_is_there";
ALTER TABLE "public"."events" ADD CONSTRAINT "events_tenant_is_there" CHECK ("tenant" IS NOT NULL) NOT VALID;

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."posts" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."posts" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."posts" DROP CONSTRAINT IF EXISTS "posts_tenant_is_there";

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."events" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."events" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."events" DROP CONSTRAINT IF EXISTS "events_tenant_is_there";

-- Written by `tenants migration generate --online`. Takes up.sql back.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."posts" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."posts" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."posts" DROP COLUMN IF EXISTS "tenant";
