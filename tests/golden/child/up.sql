-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "public"."events" ADD COLUMN "tenant" text;
UPDATE ONLY "public"."events" AS "child" SET "tenant" = "parent"."tenant"
    FROM ONLY "public"."posts" AS "parent"
    WHERE ("parent"."id") = ("child"."post");
DO $$
DECLARE
    orphans bigint;
BEGIN
    SELECT count(*) INTO orphans FROM "public"."events" WHERE "tenant" IS NULL;
    IF orphans > 0 THEN
        RAISE not_null_violation USING
            MESSAGE = format('%s rows of %s reference no row of %s, which would say whose they are', orphans, '"public"."events"', '"public"."posts"'),
            HINT = 'Give each of them a parent, or delete them.',
            CONSTRAINT = 'tenants_rows_without_parent';
    END IF;
END
$$;
ALTER TABLE "public"."events" ALTER COLUMN "tenant" SET NOT NULL;

-- Keys that begin with the tenant column: no tenant learns from an error any more which values others have, and no
-- foreign key leads from tenant to tenant. What references a key is dropped before it and created again behind it,
-- with FORCE lifted: bound by it, the owner would look through no rows, and all would be found valid.
-- In the application, `ON CONFLICT (id)` becomes `ON CONFLICT (tenant, id)`. `diesel print-schema` prints the tenant
-- column in the primary key. Within a scope `id` alone is unique still: a `table!` that keeps its key (patch_file in
-- diesel.toml) goes on working, and a struct is Identifiable by it with #[diesel(primary_key(id))].
ALTER TABLE "public"."events" DROP CONSTRAINT IF EXISTS "events_post_fkey";
ALTER TABLE "public"."events" DROP CONSTRAINT IF EXISTS "events_pkey";
ALTER TABLE "public"."posts" DROP CONSTRAINT IF EXISTS "posts_pkey";
ALTER TABLE ONLY "public"."events" ADD CONSTRAINT "events_pkey" PRIMARY KEY ("tenant", id);
ALTER TABLE ONLY "public"."posts" ADD CONSTRAINT "posts_pkey" PRIMARY KEY ("tenant", id);
ALTER TABLE "public"."events" ADD CONSTRAINT "events_post_fkey"
    FOREIGN KEY ("tenant", "post") REFERENCES "public"."posts" ("tenant", "id") ON DELETE CASCADE;

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
ALTER TABLE ONLY "public"."events" ALTER COLUMN "tenant" SET DEFAULT "tenants"."current_tenant"();
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."events" TO "tenants_app", "tenants_admin";

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
