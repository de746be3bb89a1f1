-- What PostgreSQL itself would ask of the current role when it reads each table.
WITH policy AS (
    SELECT p.polrelid, p.polpermissive, pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS condition
    FROM pg_catalog.pg_policy AS p
    WHERE p.polcmd IN ('*', 'r')
        AND EXISTS (
            SELECT
            FROM pg_catalog.unnest(p.polroles) AS g (role)
            -- 0 is PUBLIC.
            WHERE g.role = 0 OR pg_catalog.pg_has_role(current_user, g.role, 'USAGE')
        )
)
SELECT
    t.schema,
    t.name,
    c.relkind::text AS kind,
    pg_catalog.row_security_active(c.oid) AS is_filtered,
    pg_catalog.row_security_active(c.oid) AND (
        NOT EXISTS (
            SELECT
            FROM policy AS p
            WHERE p.polrelid = c.oid AND p.polpermissive AND p.condition = 'true'
        )
        OR EXISTS (
            SELECT
            FROM policy AS p
            WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.condition <> 'true'
        )
    ) AS is_hidden,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.pg_attribute AS a
        -- Nobody may write what is generated.
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        ORDER BY a.attnum
    ) AS columns,
    ARRAY(
        SELECT hn.nspname || '.' || h.relname
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS h ON h.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace AS hn ON hn.oid = h.relnamespace
        WHERE i.inhparent = c.oid
            AND c.relkind = 'r'
            AND NOT EXISTS (
                SELECT
                FROM unnest($1::text[], $2::text[]) AS r (schema, name)
                WHERE r.schema = hn.nspname AND r.name = h.relname
            )
        ORDER BY 1
    ) AS heirs
FROM unnest($1::text[], $2::text[]) AS t (schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
-- An index or composite type may have the name of a table that is not there.
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY t.schema, t.name
