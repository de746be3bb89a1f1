, member AS (
    SELECT m.member AS oid, m.revoke FROM named AS n JOIN membership AS m ON m.roleid = n.admin
    UNION
    SELECT m.member, m.revoke FROM member AS b JOIN membership AS m ON m.roleid = b.oid
)
SELECT
    quote_ident(r.rolname) AS object,
    concat_ws(
        ', ',
        CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
        CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
        CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN r.rolreplication THEN 'REPLICATION' END
    ) || ' although it may become the admin role' AS detail,
    format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION', r.rolname) AS remedy
FROM member AS m
JOIN pg_roles AS r ON r.oid = m.oid
WHERE r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication
UNION ALL
-- Where it is known who does cross-tenant work, nobody else does.
SELECT quote_ident(r.rolname), 'may become the admin role', m.revoke
FROM named AS n
CROSS JOIN member AS m
JOIN pg_roles AS r ON r.oid = m.oid
WHERE r.oid <> n.admin_login AND r.rolcanlogin AND r.oid NOT IN (SELECT reach.oid FROM reach)
ORDER BY 1, 2
