WITH RECURSIVE tree AS (
    SELECT c.oid
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
    UNION
    SELECT i.inhrelid
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
), reader AS (
    -- Which view names which relation.
    SELECT d.refobjid AS relation, v.oid
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_rewrite AS w ON w.oid = d.objid
    JOIN pg_catalog.pg_class AS v ON v.oid = w.ev_class AND v.relkind = 'v'
    WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid <> v.oid
), reads AS (
    SELECT t.oid AS table_id, r.oid
    FROM tree AS t
    JOIN reader AS r ON r.relation = t.oid
    UNION
    SELECT s.table_id, r.oid
    FROM reads AS s
    JOIN reader AS r ON r.relation = s.oid
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
)
SELECT DISTINCT ON (view_schema, view_name)
    n.nspname::text AS table_schema,
    c.relname::text AS table_name,
    vn.nspname::text AS view_schema,
    v.relname::text AS view_name,
    -- `security_invoker = false`, and not left out.
    coalesce(v.reloptions::text LIKE '%security_invoker=%', false) AS is_explicit
FROM reads AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.table_id
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS v ON v.oid = s.oid
JOIN pg_catalog.pg_namespace AS vn ON vn.oid = v.relnamespace
WHERE current_setting('server_version_num')::integer >= 150000
    AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_options_to_table(v.reloptions) AS o
        WHERE o.option_name = 'security_invoker' AND o.option_value::boolean
    )
    AND EXISTS (
        SELECT
        FROM pg_catalog.aclexplode(v.relacl) AS g
        WHERE g.grantee <> v.relowner AND (g.grantee = 0 OR g.grantee IN (SELECT oid FROM scoped))
    )
ORDER BY view_schema, view_name, table_schema, table_name
