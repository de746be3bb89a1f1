SELECT
    coalesce('schema ' || quote_ident(n.nspname), 'every schema') || ', made by ' || d.defaclrole::regrole AS object,
    string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) || ' on ' || lower(k.kind) || ' to ' || g.name AS detail,
    format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON %s FROM %s',
        d.defaclrole::regrole, ' IN SCHEMA ' || quote_ident(n.nspname), k.kind, g.name
    ) AS remedy
FROM pg_default_acl AS d
LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'FUNCTIONS')) AS k (type, kind) ON k.type = d.defaclobjtype::text
CROSS JOIN LATERAL aclexplode(d.defaclacl) AS x
JOIN grantee AS g ON g.oid = x.grantee
WHERE x.grantee <> d.defaclrole
    -- That everybody may call what is made, PostgreSQL has from the start.
    AND NOT (d.defaclobjtype = 'f' AND d.defaclnamespace = 0 AND x.grantee = 0)
GROUP BY n.nspname, d.defaclrole, k.kind, g.name
ORDER BY 1, 2
