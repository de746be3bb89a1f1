SELECT
    a.name AS object,
    string_agg(a.right_name, ', ' ORDER BY a.right_name) || ' to ' || a.grantee AS detail,
    format(
        'REVOKE %s ON TABLE %s FROM %s',
        string_agg(DISTINCT a.privilege_type, ', ' ORDER BY a.privilege_type), a.name, a.grantee
    ) AS remedy
FROM acl AS a
WHERE a.oid IN (SELECT t.oid FROM tree AS t UNION ALL SELECT x.oid FROM around AS x)
    AND a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
GROUP BY a.name, a.grantee
ORDER BY 1, 2
