SELECT
    m.member::regrole::text AS object,
    'may become ' || m.roleid::regrole AS detail,
    m.revoke AS remedy
FROM reach AS r
CROSS JOIN named AS n
JOIN membership AS m ON m.member = r.oid AND m.roleid = n.admin
ORDER BY 1
