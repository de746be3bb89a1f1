WITH RECURSIVE tree AS (
    SELECT c.oid
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
    UNION
    SELECT i.inhrelid
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
)
SELECT
    n.nspname::text AS table_schema,
    c.relname::text AS table_name,
    p.polname::text AS name,
    p.polpermissive AS is_permissive,
    p.polcmd::text AS command,
    -- PUBLIC is role 0, and always alone.
    ARRAY(
        SELECT u.rolname::text
        FROM pg_catalog.pg_roles AS u
        WHERE u.oid = ANY (p.polroles)
    ) AS roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using_expression,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check_expression
FROM tree AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid
ORDER BY table_schema, table_name, name
