SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SELECT pg_catalog.pg_advisory_xact_lock(8387231245791425313);
DO $$
BEGIN
    -- `IF NOT EXISTS` would ask for the right to create schemas even where this one exists.
    IF pg_catalog.to_regnamespace('tenants') IS NULL THEN
        CREATE SCHEMA "tenants";
    END IF;
END
$$;
SET LOCAL search_path = "tenants", pg_temp;
