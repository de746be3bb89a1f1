-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- The tenant column, without a value, so that no row is written. From here on let the application write it;
-- `tenants backfill` fills it in for the rows that are there. The next migrations refuse to run before.
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

ALTER TABLE "public"."posts" ADD COLUMN "tenant" text;

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- From here on no row is written without a tenant. Those that are there must have theirs, because PostgreSQL
-- would refuse to change them: fill them in with `tenants backfill`.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

DO $$
BEGIN
    IF EXISTS (SELECT FROM "public"."events" WHERE "tenant" IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'not_null_violation', MESSAGE = 'rows of "public"."events" have no tenant yet: fill them in (`tenants backfill`), then run `diesel migration run` again';
    END IF;
END
$$;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."events" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."events" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."events" ADD CONSTRAINT "events_tenant_is_there" CHECK ("tenant" IS NOT NULL) NOT VALID;

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- From here on no row is written without a tenant. Those that are there must have theirs, because PostgreSQL
-- would refuse to change them: fill them in with `tenants backfill`.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

DO $$
BEGIN
    IF EXISTS (SELECT FROM "public"."posts" WHERE "tenant" IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'not_null_violation', MESSAGE = 'rows of "public"."posts" have no tenant yet: fill them in (`tenants backfill`), then run `diesel migration run` again';
    END IF;
END
$$;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."posts" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."posts" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

ALTER TABLE "public"."posts" ADD CONSTRAINT "posts_tenant_is_there" CHECK ("tenant" IS NOT NULL) NOT VALID;

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- Reads all rows, while others read and write. If a row without a tenant is found, it came in before the
-- constraint: run `tenants backfill` and then this again.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- No statement that reads or writes rows waits for this lock, or behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."events" VALIDATE CONSTRAINT "events_tenant_is_there";

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- Reads all rows, while others read and write. If a row without a tenant is found, it came in before the
-- constraint: run `tenants backfill` and then this again.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

-- No statement that reads or writes rows waits for this lock, or behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."posts" VALIDATE CONSTRAINT "posts_tenant_is_there";

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- Outside of a transaction, and so without another statement. If it fails or is interrupted, an index stays that is
-- marked INVALID and serves nobody: remove it with the statement in down.sql, and run this again.
CREATE INDEX CONCURRENTLY "events_1_tenant_idx" ON "public"."events_1" ("tenant");

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- Outside of a transaction, and so without another statement. If it fails or is interrupted, an index stays that is
-- marked INVALID and serves nobody: remove it with the statement in down.sql, and run this again.
CREATE INDEX CONCURRENTLY "events_2_tenant_idx" ON "public"."events_2" ("tenant");

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- Outside of a transaction, and so without another statement. If it fails or is interrupted, an index stays that is
-- marked INVALID and serves nobody: remove it with the statement in down.sql, and run this again.
CREATE INDEX CONCURRENTLY "posts_tenant_idx" ON "public"."posts" ("tenant");

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- Each partition has its index by now, so that nothing is built here.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;

DO $$
BEGIN
    IF EXISTS (
        SELECT
        FROM pg_catalog.pg_partition_tree('"public"."events"') AS t
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.relid AND a.attname = 'tenant'
        WHERE t.isleaf AND (
            SELECT coalesce(pg_catalog.bool_and(x.indisvalid), false)
            FROM pg_catalog.pg_index AS x
            WHERE x.indrelid = t.relid AND x.indnatts = 1 AND x.indkey[0] = a.attnum
                AND NOT x.indisunique AND x.indpred IS NULL
        ) IS FALSE
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'a partition of "public"."events" has no valid index on the tenant column alone, or one that is INVALID beside it: drop that, and build one with CREATE INDEX CONCURRENTLY';
    END IF;
END
$$;

-- Waits for others that change definitions, which holds nobody up, and then half a second at most for
-- everybody: all later statements on the table wait behind it. If it gives up, nothing has happened: run
-- `diesel migration run` again.
SET LOCAL lock_timeout = '5s';
LOCK TABLE "public"."events" IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL statement_timeout = '500ms';
LOCK TABLE "public"."events" IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout TO DEFAULT;
SET LOCAL lock_timeout = '500ms';

CREATE INDEX "events_tenant_idx" ON "public"."events" ("tenant");

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- PostgreSQL takes the constraint as the proof and reads no row.
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

ALTER TABLE "public"."events" ALTER COLUMN "tenant" SET NOT NULL;

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- PostgreSQL takes the constraint as the proof and reads no row.
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

ALTER TABLE "public"."posts" ALTER COLUMN "tenant" SET NOT NULL;

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- From here on PostgreSQL itself keeps the rows of tenants apart: see "tenants"."current_tenant"(), which all
-- policies and defaults below name. Who is to see all rows from now on needs the role for cross-tenant work.
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

ALTER TABLE "public"."events" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."events" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."events" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."events" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "public"."events" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE "public"."events_1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_1" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."events_1" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."events_1" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "public"."events_1" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE "public"."events_2" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."events_2" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenants_isolation" ON "public"."events_2" AS PERMISSIVE FOR ALL TO PUBLIC
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_guard" ON "public"."events_2" AS RESTRICTIVE FOR ALL TO "tenants_app"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
CREATE POLICY "tenants_admin" ON "public"."events_2" AS PERMISSIVE FOR ALL TO "tenants_admin"
    USING (true)
    WITH CHECK (true);
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"();
ALTER TABLE "public"."events" DROP CONSTRAINT IF EXISTS "events_tenant_is_there";
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" TO "tenants_app", "tenants_admin";

-- Written by `tenants migration generate --online`: one of a series for a live database, each of which
-- locks a table for a moment or not at all.
-- From here on PostgreSQL itself keeps the rows of tenants apart: see "tenants"."current_tenant"(), which all
-- policies and defaults below name. Who is to see all rows from now on needs the role for cross-tenant work.
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
ALTER TABLE "public"."posts" DROP CONSTRAINT IF EXISTS "posts_tenant_is_there";
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."posts" TO "tenants_app", "tenants_admin";
