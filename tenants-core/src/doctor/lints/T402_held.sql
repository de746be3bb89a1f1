SELECT
    a.name AS object,
    string_agg(a.right_name, ', ' ORDER BY a.right_name) || ' to ' || a.grantee AS detail,
    format('REVOKE ALL ON TABLE %s FROM %s', a.name, a.grantee) AS remedy
FROM acl AS a
CROSS JOIN named AS n
JOIN (
    SELECT t.oid, bool_or(t.tenant_column IS NOT NULL) AS of_tenants
    FROM tree AS t
    GROUP BY t.oid
    UNION
    SELECT x.oid, true FROM around AS x
) AS t ON t.oid = a.oid
-- What all tenants share, everybody may read.
WHERE a.grantee_oid NOT IN (n.app, n.admin) AND (t.of_tenants OR a.grantee_oid <> 0)
GROUP BY a.name, a.grantee
UNION ALL
SELECT
    a.name,
    string_agg(a.right_name, ', ' ORDER BY a.right_name) || ' to ' || a.grantee || ' WITH GRANT OPTION',
    format(
        'REVOKE GRANT OPTION FOR %s ON TABLE %s FROM %s CASCADE',
        string_agg(DISTINCT a.privilege_type, ', ' ORDER BY a.privilege_type), a.name, a.grantee
    )
FROM acl AS a
CROSS JOIN named AS n
WHERE a.grantee_oid = n.app AND a.is_grantable AND a.oid IN (SELECT t.oid FROM tree AS t)
GROUP BY a.name, a.grantee
ORDER BY 1, 2
