SELECT
    quote_ident(n.nspname) AS object,
    'CREATE to ' || g.name AS detail,
    format('REVOKE CREATE ON SCHEMA %I FROM %s', n.nspname, g.name) AS remedy
FROM pg_namespace AS n
CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS x
JOIN grantee AS g ON g.oid = x.grantee
WHERE x.privilege_type = 'CREATE' AND x.grantee <> n.nspowner AND n.nspname !~ '^pg_(toast_)?temp'
ORDER BY 1, 2
