-- Tenants have roles where the one function that all policies name says so. Those that the login may become count:
-- others serve no requests of this database.
, tenant_role AS (
    SELECT r.*
    FROM reach
    JOIN pg_roles AS r ON r.oid = reach.oid
    JOIN pg_proc AS p ON p.oid = to_regprocedure('tenants.current_tenant()')
    WHERE starts_with(r.rolname, 'tenant_') AND strpos(pg_get_functiondef(p.oid), 'current_setting') = 0
)
SELECT
    quote_ident(r.rolname) AS object,
    'is a member of ' || m.roleid::regrole AS detail,
    m.revoke AS remedy
FROM tenant_role AS r
CROSS JOIN named AS n
JOIN membership AS m ON m.member = r.oid AND m.roleid <> n.app
UNION ALL
SELECT quote_ident(r.rolname), 'may log in', format('ALTER ROLE %I NOLOGIN', r.rolname)
FROM tenant_role AS r
WHERE r.rolcanlogin
UNION ALL
SELECT
    quote_ident(r.rolname),
    'may be become by ' || m.member::regrole,
    m.revoke
FROM tenant_role AS r
CROSS JOIN named AS n
JOIN membership AS m ON m.roleid = r.oid
-- Another login that serves requests is a member of the runtime role, too, and powerless before it becomes one.
WHERE m.member NOT IN (SELECT b.member FROM membership AS b WHERE b.roleid = n.app)
    OR starts_with(m.member::regrole::text, 'tenant_')
ORDER BY 1, 2
