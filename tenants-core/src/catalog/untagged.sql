WITH RECURSIVE tree AS (
    SELECT c.oid
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
    UNION
    SELECT i.inhrelid
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
), candidate AS (
    SELECT
        n.nspname,
        c.relname,
        c.oid IN (
            SELECT p.polrelid
            FROM pg_catalog.pg_policy AS p
            WHERE p.polname IN ('tenants_isolation', 'tenants_guard', 'tenants_observe')
        ) AS is_protected,
        EXISTS (
            SELECT
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY ($3::text[])
        ) AS has_column,
        ARRAY(
            SELECT g.privilege_type
            FROM pg_catalog.aclexplode(c.relacl) AS g
            JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
            WHERE u.rolname = $4
        ) AS app_privileges,
        ARRAY(
            SELECT g.privilege_type
            FROM pg_catalog.aclexplode(c.relacl) AS g
            JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
            WHERE u.rolname = $5
        ) AS admin_privileges
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
        AND c.oid NOT IN (SELECT t.oid FROM tree AS t)
        -- `tenants` has what is ours.
        AND n.nspname NOT IN ('tenants', 'pg_catalog', 'information_schema')
        AND n.nspname !~ '^pg_(toast|temp)'
        -- A partition is protected with its table.
        AND NOT c.relispartition
)
SELECT
    nspname::text AS table_schema,
    relname::text AS table_name,
    is_protected,
    app_privileges,
    admin_privileges
FROM candidate
WHERE CASE WHEN is_protected THEN app_privileges <> '{}' OR admin_privileges <> '{}' ELSE has_column END
ORDER BY table_schema, table_name
