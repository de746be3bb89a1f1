-- Fails while a tenant is of a status that was not known before, or was removed for good.
CREATE OR REPLACE FUNCTION "tenants"."admit"("tenant" text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_status text;
BEGIN
    SELECT t."status" INTO found_status FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    IF NOT FOUND THEN
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    ELSIF found_status <> 'active' THEN
        PERFORM "tenants"."refuse"('tenants_inactive_tenant');
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
        CASE found_status WHEN 'deleted' THEN 'tenants_deleted_tenant' ELSE 'tenants_tenant_exists' END
    );
END
$$;

CREATE OR REPLACE FUNCTION "tenants"."delete_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE "tenants"."tenant" AS t SET "status" = 'deleted'
        WHERE t."id" = "tenant" AND t."status" <> 'deleted';
    IF NOT FOUND THEN
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION "tenants"."restore_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE "tenants"."tenant" AS t SET "status" = 'active'
        WHERE t."id" = "tenant" AND t."status" = 'deleted';
    IF NOT FOUND THEN
        PERFORM FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
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
        SELECT FROM "tenants"."tenant" AS t WHERE t."id" = "tenant" AND t."status" <> 'deleted'
    );

CREATE OR REPLACE FUNCTION "tenants"."list_tenants"() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT t."id" FROM "tenants"."tenant" AS t WHERE t."status" <> 'deleted' ORDER BY t."id";
END;

DROP INDEX "tenants"."tenant_slug_key", "tenants"."tenant_status_created_at_idx", "tenants"."tenant_status_idx";
ALTER TABLE "tenants"."tenant"
    DROP COLUMN "restores_to",
    DROP COLUMN "slug",
    DROP COLUMN "name",
    DROP COLUMN "isolation",
    DROP COLUMN "schema_name",
    DROP COLUMN "database_url",
    DROP COLUMN "metadata",
    DROP COLUMN "version",
    DROP COLUMN "updated_at",
    DROP CONSTRAINT "tenant_status_check",
    ADD CONSTRAINT "tenant_status_check" CHECK ("status" IN ('active', 'suspended', 'deleted'));
