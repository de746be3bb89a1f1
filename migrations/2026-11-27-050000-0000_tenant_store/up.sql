-- Records of tenants: what they are called, where their rows live, what the application keeps with them. On the table
-- that admits tenants into a scope, so a tenant that is suspended here is refused from then on.

ALTER TABLE "tenants"."tenant"
    DROP CONSTRAINT "tenant_status_check",
    -- A tenant that was removed for good is `purged`: its id stays, so that no other one ever gets it.
    ADD CONSTRAINT "tenant_status_check" CHECK (
        "status" IN ('provisioning', 'active', 'suspended', 'deleting', 'deleted', 'failed', 'purged')
    ),
    -- What a tenant becomes again that was deleted and is restored.
    ADD COLUMN "restores_to" text NOT NULL DEFAULT 'active' CHECK ("restores_to" IN ('active', 'suspended')),
    -- In "C", as the ids: `LIKE 'acme%'` then takes the index.
    ADD COLUMN "slug" text COLLATE "C" CHECK (
        "slug" ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND octet_length("slug") BETWEEN 3 AND 63
    ),
    ADD COLUMN "name" text NOT NULL DEFAULT '',
    ADD COLUMN "isolation" text NOT NULL DEFAULT 'shared' CHECK ("isolation" IN ('shared', 'schema', 'database')),
    ADD COLUMN "schema_name" text CHECK (("schema_name" IS NOT NULL) = ("isolation" = 'schema')),
    ADD COLUMN "database_url" text CHECK (("database_url" IS NOT NULL) = ("isolation" = 'database')),
    ADD COLUMN "metadata" jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof("metadata") = 'object'),
    ADD COLUMN "version" bigint NOT NULL DEFAULT 1,
    ADD COLUMN "updated_at" timestamptz NOT NULL DEFAULT clock_timestamp();

CREATE UNIQUE INDEX "tenant_slug_key" ON "tenants"."tenant" ("slug");
-- The tenants of one status are one range of an index: newest first, and by id.
CREATE INDEX "tenant_status_created_at_idx" ON "tenants"."tenant" ("status", "created_at" DESC, "id" DESC);
CREATE INDEX "tenant_status_idx" ON "tenants"."tenant" ("status", "id");

CREATE OR REPLACE FUNCTION "tenants"."admit"("tenant" text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_status text;
BEGIN
    SELECT t."status" INTO found_status FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    IF found_status = 'active' THEN
        RETURN;
    ELSIF found_status <> 'purged' THEN
        PERFORM "tenants"."refuse"('tenants_inactive_tenant');
    ELSE
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION "tenants"."create_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_status text;
BEGIN
    INSERT INTO "tenants"."tenant" ("id") VALUES ("tenant") ON CONFLICT ("id") DO NOTHING;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT t."status" INTO found_status FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    -- Nobody inherits the rows that a deleted tenant left.
    PERFORM "tenants"."refuse"(
        CASE WHEN found_status IN ('deleted', 'purged') THEN 'tenants_deleted_tenant' ELSE 'tenants_tenant_exists' END
    );
END
$$;

CREATE OR REPLACE FUNCTION "tenants"."delete_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE "tenants"."tenant" AS t
    SET
        "status" = 'deleted',
        "restores_to" = CASE t."status" WHEN 'active' THEN 'active' ELSE 'suspended' END,
        "version" = t."version" + 1,
        "updated_at" = greatest(t."updated_at", clock_timestamp())
    WHERE t."id" = "tenant" AND t."status" NOT IN ('deleted', 'purged');
    IF NOT FOUND THEN
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    END IF;
END
$$;

-- One that was suspended comes back suspended.
CREATE OR REPLACE FUNCTION "tenants"."restore_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE "tenants"."tenant" AS t
    SET
        "status" = t."restores_to",
        "version" = t."version" + 1,
        "updated_at" = greatest(t."updated_at", clock_timestamp())
    WHERE t."id" = "tenant" AND t."status" = 'deleted';
    IF NOT FOUND THEN
        PERFORM FROM "tenants"."tenant" AS t WHERE t."id" = "tenant" AND t."status" <> 'purged';
        PERFORM "tenants"."refuse"(
            CASE WHEN FOUND THEN 'tenants_tenant_exists' ELSE 'tenants_unknown_tenant' END
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION "tenants"."tenant_exists"("tenant" text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (
        SELECT FROM "tenants"."tenant" AS t WHERE t."id" = "tenant" AND t."status" NOT IN ('deleted', 'purged')
    );

CREATE OR REPLACE FUNCTION "tenants"."list_tenants"() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT t."id" FROM "tenants"."tenant" AS t WHERE t."status" NOT IN ('deleted', 'purged') ORDER BY t."id";
END;
