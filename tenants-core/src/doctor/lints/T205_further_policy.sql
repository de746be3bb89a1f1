SELECT
    format('%s.%I', p.name, l.polname) AS object,
    format(
        'FOR %s TO %s',
        CASE l.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END,
        (
            SELECT string_agg(CASE r.role WHEN 0 THEN 'PUBLIC' ELSE r.role::regrole::text END, ', ')
            FROM unnest(l.polroles) AS r (role)
        )
    ) AS detail,
    format('DROP POLICY %I ON %s', l.polname, p.name) AS remedy
FROM protected AS p
JOIN pg_policy AS l ON l.polrelid = p.oid
WHERE l.polpermissive AND l.polname NOT IN ('tenants_isolation', 'tenants_guard', 'tenants_admin', 'tenants_observe')
ORDER BY 1
