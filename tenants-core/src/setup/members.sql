SELECT
    g.rolname::text AS role,
    m.rolname::text AS member,
    -- Up to PostgreSQL 15 a membership has no options of its own.
    bool_or(coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, m.rolinherit)) AS inherits,
    bool_or(coalesce((to_jsonb(a) ->> 'set_option')::boolean, true)) AS becomes,
    bool_or(a.admin_option) AS grants,
    -- Later ones keep the memberships of each grantor, and a superuser's REVOKE takes back its own.
    min(i.rolname::text) FILTER (WHERE (to_jsonb(a) ->> 'inherit_option')::boolean) AS grantor
FROM pg_catalog.pg_auth_members AS a
JOIN pg_catalog.pg_roles AS g ON g.oid = a.roleid
JOIN pg_catalog.pg_roles AS m ON m.oid = a.member
LEFT JOIN pg_catalog.pg_roles AS i ON i.oid = a.grantor
WHERE g.rolname = ANY ($1::text[]) AND m.rolname = ANY ($1::text[])
GROUP BY g.rolname, m.rolname
ORDER BY role, member
