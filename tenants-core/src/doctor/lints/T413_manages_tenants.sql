SELECT
    p.oid::regprocedure::text AS object,
    'EXECUTE to ' || quote_ident(c.login) AS detail,
    format('REVOKE EXECUTE ON FUNCTION %s FROM %I', p.oid::regprocedure, c.login) AS remedy
FROM cfg AS c
JOIN named AS n ON n.login IS NOT NULL
CROSS JOIN pg_proc AS p
JOIN pg_namespace AS s ON s.oid = p.pronamespace AND s.nspname = 'tenants'
WHERE p.proname IN ('create_tenant', 'delete_tenant', 'list_tenants', 'restore_tenant')
    AND EXISTS (SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee = n.login)
    AND NOT EXISTS (
        SELECT FROM pg_roles AS r WHERE r.oid = n.login AND r.rolsuper
    )
ORDER BY 1
