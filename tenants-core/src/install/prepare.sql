SELECT pg_catalog.pg_advisory_xact_lock(8387231245791425313);
SET LOCAL search_path = pg_catalog, pg_temp;
DO $$
BEGIN
    -- `IF NOT EXISTS` would ask for the right to create schemas even where this one exists.
    IF to_regnamespace('tenants') IS NULL THEN
        CREATE SCHEMA "tenants";
    END IF;
    -- As Diesel makes it, but not where `diesel migration revert` would find it.
    IF to_regclass('tenants.__diesel_schema_migrations') IS NULL THEN
        CREATE TABLE "tenants"."__diesel_schema_migrations" (
            "version" varchar(50) PRIMARY KEY,
            "run_on" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
        );
    END IF;
END
$$;
