-- Fails while a tenant is of a status that was not known before, was removed for good, or would be active if it were
-- restored, as everybody was before.
ALTER TABLE "tenants"."tenant" ADD CHECK ("status" <> 'deleted' OR "restores_to" = 'active');

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
    END CASE;
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
