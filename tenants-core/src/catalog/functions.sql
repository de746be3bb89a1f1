SELECT
    p.oid::pg_catalog.regprocedure::text AS signature,
    pg_catalog.pg_get_functiondef(p.oid) AS definition
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = 'tenants' AND p.prokind IN ('f', 'p')
ORDER BY signature
