SELECT
    quote_ident(d.datname) AS object,
    x.privilege_type || ' to ' || g.name AS detail,
    format('REVOKE %s ON DATABASE %I FROM %s', x.privilege_type, d.datname, g.name) AS remedy
FROM pg_database AS d
CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS x
JOIN grantee AS g ON g.oid = x.grantee
WHERE d.datname = current_database()
    AND x.grantee <> d.datdba
    AND x.privilege_type IN ('CREATE', 'TEMPORARY')
ORDER BY 1, 2
