SELECT
    quote_ident(m.srvname) AS object,
    'is reached by ' || g.name || ' as another user' AS detail,
    format('DROP USER MAPPING FOR %s SERVER %I', g.name, m.srvname) AS remedy
FROM pg_user_mappings AS m
JOIN grantee AS g ON g.oid = m.umuser
ORDER BY 1, 2
