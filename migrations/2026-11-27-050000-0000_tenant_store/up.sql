-- Records of tenants: what they are called, where their rows live, what the application keeps with them. On the table
-- that admits tenants into a scope, so a tenant that is suspended here is refused from then on.

ALTER TABLE "tenants"."tenant"
    DROP CONSTRAINT "tenant_status_check",
    -- A tenant that was removed for good is `purged`: its id stays, so that no other one ever gets it.
    ADD CONSTRAINT "tenant_status_check" CHECK (
        "status" IN ('provisioning', 'active', 'suspended', 'deleting', 'deleted', 'failed', 'purged')
    ),
    -- What a tenant becomes again that was deleted and is restored: who is not known to have been served is not.
    ADD COLUMN "restores_to" text NOT NULL DEFAULT 'suspended' CHECK ("restores_to" IN ('active', 'suspended')),
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

-- Who was deleted before comes back as it would have.
UPDATE "tenants"."tenant" SET "restores_to" = 'active' WHERE "status" = 'deleted';

CREATE UNIQUE INDEX "tenant_slug_key" ON "tenants"."tenant" ("slug");
-- The tenants of one status are one range of an index: newest first, and by id.
CREATE INDEX "tenant_status_created_at_idx" ON "tenants"."tenant" ("status", "created_at" DESC, "id" DESC);
CREATE INDEX "tenant_status_idx" ON "tenants"."tenant" ("status", "id");

CREATE OR REPLACE FUNCTION "tenants"."refuse"("reason" text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CASE "reason"
        WHEN 'tenants_unknown_tenant' THEN
            RAISE EXCEPTION 'there is no such tenant' USING ERRCODE = 'TN001', CONSTRAINT = "reason";
        WHEN 'tenants_inactive_tenant' THEN
            RAISE EXCEPTION 'the tenant is not active' USING ERRCODE = 'TN002', CONSTRAINT = "reason";
        WHEN 'tenants_deleted_tenant' THEN
            RAISE EXCEPTION 'the tenant was deleted; restore it to use it again' USING ERRCODE = 'TN003', CONSTRAINT = "reason";
        WHEN 'tenants_tenant_exists' THEN
            RAISE EXCEPTION 'the tenant exists already' USING ERRCODE = 'TN004', CONSTRAINT = "reason";
        WHEN 'tenants_open_transaction' THEN
            RAISE EXCEPTION 'a transaction was left open on a pooled connection' USING ERRCODE = 'TN005', CONSTRAINT = "reason";
        WHEN 'tenants_scope_lost' THEN
            RAISE EXCEPTION 'the role or tenant of this transaction was changed' USING ERRCODE = 'TN006', CONSTRAINT = "reason";
        WHEN 'tenants_unfit_role' THEN
            RAISE EXCEPTION 'the tenant''s role was made by somebody else, or may do more than a tenant role' USING ERRCODE = 'TN007', CONSTRAINT = "reason";
        WHEN 'tenants_role_in_use' THEN
            RAISE EXCEPTION 'the tenant''s role is a member of another role than the runtime role' USING ERRCODE = 'TN008', CONSTRAINT = "reason";
        WHEN 'tenants_role_refused' THEN
            RAISE EXCEPTION 'the tenant''s role could not be made or granted' USING ERRCODE = 'TN009', CONSTRAINT = "reason";
        WHEN 'tenants_long_id' THEN
            RAISE EXCEPTION 'the tenant''s id is too long for the name of a role' USING ERRCODE = 'TN010', CONSTRAINT = "reason";
        WHEN 'tenants_suspended_tenant' THEN
            RAISE EXCEPTION 'the tenant is suspended' USING ERRCODE = 'TN011', CONSTRAINT = "reason";
    END CASE;
END
$$;

-- A tenant that is suspended is told so: it may ask why. Any other one that is not served is not active.
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
    ELSIF found_status = 'suspended' THEN
        PERFORM "tenants"."refuse"('tenants_suspended_tenant');
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
