SELECT
    quote_ident(r.rolname) AS object,
    'may not call pg_advisory_unlock_all()' AS detail,
    format('GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO %I', r.rolname) AS remedy
FROM named AS n
JOIN pg_roles AS r ON r.oid IN (n.login, n.app, n.admin_login)
WHERE NOT has_function_privilege(r.oid, 'pg_advisory_unlock_all()', 'EXECUTE')
ORDER BY 1
