-- What is asked ahead of exporting or erasing a tenant; NULL if there is no such tenant. For the admin role:
-- whoever sees all rows may know whose they are.
CREATE FUNCTION "tenants"."tenant_status"("tenant" text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    RETURN (SELECT t."status" FROM "tenants"."tenant" AS t WHERE t."id" = "tenant");

REVOKE EXECUTE ON FUNCTION "tenants"."tenant_status"(text) FROM PUBLIC;
