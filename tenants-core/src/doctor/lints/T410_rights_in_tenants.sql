SELECT
    p.oid::regprocedure::text AS object,
    'EXECUTE to ' || x.name AS detail,
    format('REVOKE EXECUTE ON ROUTINE %s FROM %s', p.oid::regprocedure, x.name) AS remedy
FROM pg_proc AS p
JOIN pg_namespace AS s ON s.oid = p.pronamespace AND s.nspname = 'tenants'
CROSS JOIN LATERAL (
    SELECT
        a.grantee,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS name
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE a.grantee = 0 OR a.grantee IN (SELECT r.oid FROM reach AS r)
) AS x
CROSS JOIN named AS n
-- Policies and other functions of ours call these, which tell nothing, and pools ask what is denied.
WHERE p.oid::regprocedure::text NOT IN (
        'tenants.current_tenant()', 'tenants.observe(oid,text)', 'tenants.record_observation(oid,text)',
        'tenants.refuse(text)', 'tenants.verified_tenant()', 'tenants.denials()'
    )
    AND x.grantee IS DISTINCT FROM n.login
    AND x.grantee <> p.proowner
UNION ALL
SELECT
    a.name,
    string_agg(a.right_name, ', ' ORDER BY a.right_name) || ' to ' || a.grantee,
    format('REVOKE ALL ON TABLE %s FROM %s', a.name, a.grantee)
FROM acl AS a
WHERE a.nspname = 'tenants'
    AND a.relkind IN ('r', 'p', 'v', 'm')
    AND a.name <> 'tenants.scope_key'
    -- Here to be denied, with the rights that this takes.
    AND (a.name <> 'tenants.tenants_probe' OR a.right_name NOT IN ('SELECT', 'INSERT', 'UPDATE'))
GROUP BY a.name, a.grantee
ORDER BY 1, 2
