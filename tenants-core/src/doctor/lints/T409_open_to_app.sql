SELECT
    a.name AS object,
    string_agg(a.right_name, ', ' ORDER BY a.right_name) || ' to ' || a.grantee AS detail,
    format('REVOKE ALL ON TABLE %s FROM %s', a.name, a.grantee) AS remedy
FROM acl AS a
CROSS JOIN named AS n
WHERE a.relkind IN ('r', 'p', 'f')
    AND a.nspname <> 'tenants'
    AND a.grantee_oid <> n.admin
    AND a.oid NOT IN (SELECT t.oid FROM tree AS t UNION ALL SELECT x.oid FROM around AS x)
    -- What an extension brings, such as the tables of PostGIS, holds no rows of tenants.
    AND NOT EXISTS (
        SELECT
        FROM pg_depend AS d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = a.oid AND d.deptype = 'e'
    )
GROUP BY a.name, a.grantee
ORDER BY 1, 2
