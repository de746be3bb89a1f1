SELECT
    pg_catalog.to_regprocedure('tenants.current_tenant()') IS NOT NULL AS is_installed,
    EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1) AS has_app,
    EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $2) AS has_admin
