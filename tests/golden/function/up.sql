-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION tenants.admit(tenant text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;
