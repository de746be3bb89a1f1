SELECT
    c.name AS object,
    string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type)
        || ' to ' || CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS detail,
    format(
        'REVOKE ALL ON TABLE %s FROM %s', c.name,
        CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END
    ) AS remedy
FROM relation AS c
CROSS JOIN LATERAL (
    SELECT t.grantee, t.privilege_type FROM aclexplode(c.relacl) AS t
    UNION ALL
    SELECT t.grantee, t.privilege_type || ' (' || quote_ident(a.attname) || ')'
    FROM pg_attribute AS a
    CROSS JOIN LATERAL aclexplode(a.attacl) AS t
    WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
) AS x
-- Whoever it is: a key is for the owner alone, whose functions check signatures.
WHERE c.nspname = 'tenants' AND c.relname = 'scope_key' AND x.grantee <> c.relowner
GROUP BY c.name, x.grantee
ORDER BY 1, 2
