WITH RECURSIVE scoped AS (
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
), registered AS (
    SELECT c.oid, n.nspname, c.relname
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
), used AS (
    -- What defaults draw from, as `serial` columns do.
    SELECT r.nspname, r.relname, d.refobjid AS oid, true AS by_default
    FROM registered AS r
    JOIN pg_catalog.pg_attrdef AS e ON e.adrelid = r.oid
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND d.objid = e.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    UNION ALL
    -- An identity column has no default, and needs no grant.
    SELECT r.nspname, r.relname, d.objid, false
    FROM registered AS r
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = r.oid
        AND d.deptype = 'i'
), sequence AS (
    SELECT u.nspname, u.relname, u.oid, bool_or(u.by_default) AS by_default
    FROM used AS u
    GROUP BY u.nspname, u.relname, u.oid
)
SELECT
    q.nspname::text AS table_schema,
    q.relname::text AS table_name,
    n.nspname::text AS schema,
    s.relname::text AS name,
    NOT q.by_default OR coalesce(a.app_usage, false) AS app_usage,
    NOT q.by_default OR coalesce(a.admin_usage, false) AS admin_usage,
    coalesce(a.grantees, '{}') AS grantees,
    coalesce(a.privileges, '{}') AS privileges,
    coalesce(a.grantable, '{}') AS grantable
FROM sequence AS q
JOIN pg_catalog.pg_class AS s ON s.oid = q.oid AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace
CROSS JOIN LATERAL (
    SELECT
        bool_or(u.rolname = $3 AND g.privilege_type = 'USAGE') AS app_usage,
        bool_or(u.rolname = $4 AND g.privilege_type = 'USAGE') AS admin_usage,
        -- PUBLIC is role 0, which has no name.
        array_agg(u.rolname::text ORDER BY u.rolname NULLS FIRST, g.privilege_type) FILTER (WHERE is_further) AS grantees,
        array_agg(g.privilege_type ORDER BY u.rolname NULLS FIRST, g.privilege_type) FILTER (WHERE is_further) AS privileges,
        array_agg(g.is_grantable ORDER BY u.rolname NULLS FIRST, g.privilege_type) FILTER (WHERE is_further) AS grantable
    FROM pg_catalog.aclexplode(s.relacl) AS g
    LEFT JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
    CROSS JOIN LATERAL (
        SELECT
            g.privilege_type <> 'USAGE'
            AND (g.grantee = 0 OR g.grantee IN (SELECT oid FROM scoped))
            -- What somebody else granted, the owner cannot take back.
            AND g.grantor = s.relowner
            AND g.grantee <> s.relowner AS is_further
    ) AS f
) AS a
ORDER BY table_schema, table_name, schema, name
