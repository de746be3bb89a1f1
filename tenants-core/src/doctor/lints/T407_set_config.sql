, signed AS (
    -- Whoever cannot sign gains nothing by a setting.
    SELECT count(*) > 0 AND bool_and(
        EXISTS (SELECT FROM proof AS y WHERE y.polrelid = p.oid AND y.polname = 'tenants_isolation')
        AND EXISTS (
            SELECT FROM proof AS y
            WHERE y.polrelid = p.oid AND y.polname = 'tenants_guard' AND NOT y.polpermissive
        )
    ) AS is_so
    FROM protected AS p
    WHERE p.relkind IN ('r', 'p')
)
SELECT
    format('%I.%I', s.nspname, p.proname) AS object,
    'EXECUTE to ' || g.name AS detail,
    format(
        'REVOKE EXECUTE ON FUNCTION %I.%I(%s) FROM %s',
        s.nspname, p.proname, pg_get_function_identity_arguments(p.oid), g.name
    ) AS remedy
FROM pg_proc AS p
JOIN pg_namespace AS s ON s.oid = p.pronamespace
CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
JOIN grantee AS g ON g.oid = x.grantee
CROSS JOIN named AS n
CROSS JOIN signed
-- Also under another name: whoever creates a function of the same code is a superuser.
WHERE p.prosrc = 'set_config_by_name'
    AND x.privilege_type = 'EXECUTE'
    AND x.grantee IS DISTINCT FROM n.login
    AND NOT signed.is_so
ORDER BY 1, 2
