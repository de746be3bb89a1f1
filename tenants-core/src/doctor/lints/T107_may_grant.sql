SELECT
    m.member::regrole::text AS object,
    'may grant ' || m.roleid::regrole AS detail,
    CASE
        WHEN current_setting('server_version_num')::integer < 160000
        THEN format('REVOKE ADMIN OPTION FOR %s FROM %s', m.roleid::regrole, m.member::regrole)
        ELSE format('REVOKE ADMIN OPTION FOR %s FROM %s GRANTED BY %s', m.roleid::regrole, m.member::regrole, m.grantor::regrole)
    END AS remedy
FROM pg_auth_members AS m
WHERE m.admin_option AND m.member IN (SELECT r.oid FROM reach AS r)
ORDER BY 1, 2
