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
    WHERE r.rolname = $4
    UNION
    SELECT m.member
    FROM scoped AS s
    JOIN pg_catalog.pg_auth_members AS m ON m.roleid = s.oid
    -- From PostgreSQL 16 on, a membership may be there to be granted, and for nothing else.
    WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
        OR coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
), candidate AS (
    SELECT
        c.oid,
        n.nspname,
        c.relname,
        c.relowner,
        c.relacl,
        c.relispartition,
        c.oid IN (
            SELECT p.polrelid
            FROM pg_catalog.pg_policy AS p
            WHERE p.polname IN ('tenants_isolation', 'tenants_guard')
        ) AS is_protected,
        EXISTS (
            SELECT
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY ($3::text[])
        ) AS has_column
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
        AND c.oid NOT IN (SELECT t.oid FROM tree AS t)
        -- `tenants` has what is ours.
        AND n.nspname NOT IN ('tenants', 'pg_catalog', 'information_schema')
        AND n.nspname !~ '^pg_(toast|temp)'
), acl AS (
    SELECT c.oid, NULL::text AS column_name, g.*
    FROM candidate AS c
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS g
    UNION ALL
    SELECT a.attrelid, a.attname::text, g.*
    FROM candidate AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) AS g
)
-- With policies of ours: each right, also on what is one of its partitions.
SELECT
    c.nspname::text AS table_schema,
    c.relname::text AS table_name,
    -- PUBLIC is role 0, which has no name.
    u.rolname::text AS grantee,
    g.privilege_type AS privilege,
    g.column_name,
    g.is_grantable
FROM candidate AS c
JOIN acl AS g ON g.oid = c.oid
LEFT JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
WHERE c.is_protected
    -- What somebody else granted, the owner cannot take back.
    AND g.grantor = c.relowner
    AND g.grantee <> c.relowner
    AND (g.grantee = 0 OR g.grantee IN (SELECT oid FROM scoped) OR u.rolname = $5)
UNION ALL
-- Without them: that it is there. A partition is looked at with its table.
SELECT c.nspname::text, c.relname::text, NULL, NULL, NULL, NULL
FROM candidate AS c
WHERE NOT c.is_protected AND c.has_column AND NOT c.relispartition
ORDER BY table_schema, table_name, grantee NULLS FIRST, privilege, column_name NULLS FIRST
