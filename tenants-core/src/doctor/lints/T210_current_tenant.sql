-- The one function that all policies name. Its body is one of two, and the server writes it in one way only.
SELECT
    'tenants.current_tenant()' AS object,
    CASE
        WHEN l.lanname <> 'sql' OR p.prosqlbody IS NULL THEN 'is written in another way'
        WHEN p.prosecdef OR p.proconfig IS NOT NULL THEN 'has SECURITY DEFINER or SET clauses, so that no index serves the policies'
        WHEN p.provolatile <> 's' THEN 'is not STABLE'
        ELSE 'has another body: ' || pg_get_function_sqlbody(p.oid)
    END AS detail,
    -- Which of the two is right, only its owner knows.
    NULL::text AS remedy
FROM pg_proc AS p
JOIN pg_language AS l ON l.oid = p.prolang
WHERE p.oid = to_regprocedure('tenants.current_tenant()')
    AND (
        l.lanname <> 'sql'
        OR p.prosecdef
        OR p.proconfig IS NOT NULL
        OR p.provolatile <> 's'
        OR p.prosqlbody IS NULL
        OR regexp_replace(pg_get_function_sqlbody(p.oid), '\s+', ' ', 'g') NOT IN (
            'RETURN NULLIF(current_setting(''tenants.tenant''::text, true), ''''::text)',
            'RETURN CASE WHEN starts_with((CURRENT_USER)::text, ''tenant_''::text) THEN substr((CURRENT_USER)::text, 8) ELSE NULL::text END'
        )
    )
