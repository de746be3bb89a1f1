SELECT DISTINCT
    f.oid::regprocedure::text AS object,
    concat_ws(
        ', ',
        CASE f.provolatile
            WHEN 'i' THEN 'is IMMUTABLE, so that a cached plan keeps the tenant of the first who ran it'
            WHEN 'v' THEN 'is VOLATILE, so that it runs for each row and no index serves the policy'
        END,
        CASE
            WHEN f.prosqlbody IS NULL AND l.lanname NOT IN ('internal', 'c')
                AND NOT EXISTS (SELECT FROM unnest(f.proconfig) AS c (setting) WHERE starts_with(c.setting, 'search_path='))
            THEN 'looks names up when it runs, in the search path of whoever asks'
        END
    ) AS detail,
    concat_ws(
        '; ',
        CASE WHEN f.provolatile <> 's' THEN format('ALTER FUNCTION %s STABLE', f.oid::regprocedure) END,
        CASE
            WHEN f.prosqlbody IS NULL AND l.lanname NOT IN ('internal', 'c')
                AND NOT EXISTS (SELECT FROM unnest(f.proconfig) AS c (setting) WHERE starts_with(c.setting, 'search_path='))
            THEN format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', f.oid::regprocedure)
        END
    ) AS remedy
FROM protected AS p
JOIN pg_policy AS y ON y.polrelid = p.oid
JOIN pg_depend AS d
    ON d.classid = 'pg_policy'::regclass AND d.objid = y.oid AND d.refclassid = 'pg_proc'::regclass
JOIN pg_proc AS f ON f.oid = d.refobjid
JOIN pg_namespace AS n ON n.oid = f.pronamespace
JOIN pg_language AS l ON l.oid = f.prolang
WHERE n.nspname <> 'pg_catalog'
    -- VOLATILE, since it records; a finding of its own (T212).
    AND f.oid IS DISTINCT FROM to_regprocedure('tenants.observe(oid, text)')
    AND (
        f.provolatile <> 's'
        OR (
            f.prosqlbody IS NULL AND l.lanname NOT IN ('internal', 'c')
            AND NOT EXISTS (SELECT FROM unnest(f.proconfig) AS c (setting) WHERE starts_with(c.setting, 'search_path='))
        )
    )
ORDER BY 1
