SELECT
    c.name AS object,
    'shows rows of ' || string_agg(DISTINCT p.name, ', ') || ' by its own policies' AS detail,
    (
        SELECT string_agg(format('REVOKE ALL ON TABLE %s FROM %s', c.name, g.grantee), '; ')
        FROM (SELECT DISTINCT a.grantee FROM acl AS a WHERE a.oid = c.oid) AS g
    ) AS remedy
FROM around AS x
JOIN relation AS c ON c.oid = x.oid
-- The tables directly below are enough to see what it is about.
JOIN pg_inherits AS i ON i.inhparent = c.oid
JOIN relation AS p ON p.oid = i.inhrelid
WHERE c.oid NOT IN (SELECT t.oid FROM tree AS t WHERE t.tenant_column IS NOT NULL)
    AND (c.oid IN (SELECT a.oid FROM acl AS a) OR c.relowner IN (SELECT r.oid FROM reach AS r))
GROUP BY c.oid, c.name
ORDER BY 1
