-- Up to PostgreSQL 15 a role inherits from all of which it is a member; later each membership says whether.
SELECT
    quote_ident(r.rolname) AS object,
    'has the rights of ' || m.roleid::regrole || ' without becoming it' AS detail,
    CASE
        WHEN current_setting('server_version_num')::integer < 160000
        THEN format('ALTER ROLE %I NOINHERIT', r.rolname)
        ELSE format(
            'ALTER ROLE %1$I NOINHERIT; GRANT %2$s TO %1$I WITH INHERIT FALSE, SET TRUE GRANTED BY %3$s',
            r.rolname, m.roleid::regrole, m.grantor::regrole
        )
    END AS remedy
FROM named AS n
JOIN pg_roles AS r ON r.oid = n.login
JOIN membership AS m ON m.member = r.oid
WHERE CASE
    WHEN current_setting('server_version_num')::integer >= 160000 THEN m.inherits
    -- One statement repairs all of them, and there may be a role for each tenant.
    ELSE r.rolinherit AND NOT starts_with(m.roleid::regrole::text, 'tenant_')
END
ORDER BY 1, 2
