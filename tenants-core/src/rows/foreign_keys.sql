-- All of the database: what is deleted with a row, and what refuses that, may pass through any table.
WITH RECURSIVE registered AS (
    SELECT c.oid
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
), tree AS (
    SELECT r.oid AS root, r.oid FROM registered AS r
    UNION
    SELECT t.root, i.inhrelid
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
    WHERE i.inhrelid NOT IN (SELECT r.oid FROM registered AS r)
)
SELECT DISTINCT
    cn.nspname::text AS schema,
    c.relname::text AS name,
    pn.nspname::text AS referenced_schema,
    p.relname::text AS referenced_name,
    -- CASCADE, SET NULL and SET DEFAULT change the rows that reference one that goes.
    k.confdeltype IN ('c', 'n', 'd') AS changes_rows,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (attnum, position)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
        ORDER BY u.position
    ) AS columns,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (attnum, position)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
        ORDER BY u.position
    ) AS referenced_columns
FROM pg_catalog.pg_constraint AS k
LEFT JOIN tree AS ct ON ct.oid = k.conrelid
LEFT JOIN tree AS pt ON pt.oid = k.confrelid
JOIN pg_catalog.pg_class AS c ON c.oid = coalesce(ct.root, k.conrelid)
JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class AS p ON p.oid = coalesce(pt.root, k.confrelid)
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
-- Those of partitions are made with that of their table.
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY schema, name, referenced_schema, referenced_name, columns
