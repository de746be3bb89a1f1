-- The body of the one function that all policies name is the truth about the isolation mode.
SELECT pg_catalog.strpos(pg_catalog.pg_get_functiondef(p.oid), 'current_setting') > 0 AS is_shared_role
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = 'tenants' AND p.proname = 'current_tenant' AND p.pronargs = 0
