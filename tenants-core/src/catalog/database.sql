SELECT
    pg_catalog.to_regprocedure('tenants.current_tenant()') IS NOT NULL AS is_installed,
    EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1) AS has_app,
    EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $2) AS has_admin,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_proc AS f
        JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
        CROSS JOIN pg_catalog.pg_roles AS r
        WHERE n.nspname = 'tenants'
            AND f.proname = 'verified_tenant'
            AND r.rolname = $1
            AND pg_catalog.has_function_privilege(r.oid, f.oid, 'EXECUTE')
    ) AS app_verifies,
    -- A policy depends on the functions that it calls.
    EXISTS (
        SELECT
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_proc AS f ON f.oid = d.refobjid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
        WHERE d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
            AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND n.nspname = 'tenants'
            AND f.proname = 'verified_tenant'
    ) AS is_signed
