SELECT
    a.name AS object,
    string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) || ' to ' || a.grantee AS detail,
    format('REVOKE %s ON SEQUENCE %s FROM %s', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), a.name, a.grantee) AS remedy
FROM acl AS a
CROSS JOIN named AS n
WHERE a.relkind = 'S' AND a.privilege_type IN ('SELECT', 'UPDATE') AND a.grantee_oid <> n.admin
GROUP BY a.name, a.grantee
ORDER BY 1, 2
