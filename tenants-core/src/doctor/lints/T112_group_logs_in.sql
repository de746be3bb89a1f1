SELECT
    quote_ident(r.rolname) AS object,
    'LOGIN' AS detail,
    format('ALTER ROLE %I NOLOGIN', r.rolname) AS remedy
FROM named AS n
JOIN pg_roles AS r ON r.oid IN (n.app, n.admin)
WHERE r.rolcanlogin
ORDER BY 1
