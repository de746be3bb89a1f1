WITH RECURSIVE tree AS (
    SELECT c.oid
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
    UNION
    SELECT i.inhrelid
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
), scoped AS (
    -- The runtime role, and who may become it or has its rights: logins, and the roles of tenants.
    SELECT r.oid
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = $3
    UNION
    SELECT m.member
    FROM scoped AS s
    JOIN pg_catalog.pg_auth_members AS m ON m.roleid = s.oid
    -- From PostgreSQL 16 on, a membership may be there to be granted, and for nothing else.
    WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
        OR coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
), acl AS (
    SELECT c.oid, NULL::text AS column_name, g.*
    FROM tree AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS g
    UNION ALL
    SELECT a.attrelid, a.attname::text, g.*
    FROM tree AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) AS g
)
SELECT
    n.nspname::text AS table_schema,
    c.relname::text AS table_name,
    -- PUBLIC is role 0, which has no name.
    u.rolname::text AS grantee,
    g.privilege_type AS privilege,
    g.column_name,
    g.is_grantable
FROM acl AS g
JOIN pg_catalog.pg_class AS c ON c.oid = g.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
-- What somebody else granted, the owner cannot take back.
WHERE g.grantor = c.relowner
    AND g.grantee <> c.relowner
    AND (g.grantee = 0 OR g.grantee IN (SELECT oid FROM scoped) OR u.rolname = $4)
ORDER BY table_schema, table_name, grantee NULLS FIRST, privilege, column_name NULLS FIRST
