SELECT
    c.name AS object,
    'holds copies of rows of tenants' AS detail,
    (
        SELECT string_agg(format('REVOKE ALL ON TABLE %s FROM %s', c.name, g.grantee), '; ')
        FROM (SELECT DISTINCT a.grantee FROM acl AS a WHERE a.oid = c.oid) AS g
    ) AS remedy
FROM relation AS c
WHERE c.relkind = 'm' AND c.oid IN (SELECT s.oid FROM shown AS s)
ORDER BY 1
