SELECT
    format('%s.%I', p.name, l.polname) AS object,
    concat_ws(' ', 'the rows of all tenants are let through', obj_description(l.oid, 'pg_policy')) AS detail,
    format('DROP POLICY %I ON %s', l.polname, p.name) AS remedy
FROM protected AS p
JOIN pg_policy AS l ON l.polrelid = p.oid
WHERE l.polname = 'tenants_observe'
ORDER BY 1
