SELECT
    t.name AS object,
    format('%s to %s', string_agg(a.privilege_type || coalesce(format(' (%I)', a.column_name), ''), ', ' ORDER BY a.privilege_type, a.column_name), a.grantee) AS detail,
    format('REVOKE %s ON TABLE %s FROM %s', string_agg(DISTINCT a.privilege_type, ', ' ORDER BY a.privilege_type), t.name, a.grantee) AS remedy
FROM (SELECT DISTINCT r.oid, r.name FROM tree AS t JOIN relation AS r ON r.oid = t.oid) AS t
JOIN acl AS a ON a.oid = t.oid
WHERE a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
GROUP BY t.name, a.grantee
ORDER BY 1, 2
