SELECT
    quote_ident(g.rolname) AS object,
    'may be become by ' || m.member::regrole AS detail,
    m.revoke AS remedy
FROM reach AS r
JOIN membership AS m ON m.member = r.oid
JOIN pg_roles AS g ON g.oid = m.roleid
-- What such a role is a member of itself, PostgreSQL decides.
WHERE g.rolname ~ '^pg_' AND m.member::regrole::text !~ '^pg_'
ORDER BY 1, 2
