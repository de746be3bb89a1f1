SELECT
    k.conname::text AS key,
    n.nspname::text AS schema,
    c.relname::text AS name,
    c.relkind = 'p' AS is_partitioned,
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
JOIN pg_catalog.pg_class AS c ON c.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS t ON t.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
-- Each partition of a table that is referenced has a key of its own below the one that was declared.
WHERE k.contype = 'f' AND tn.nspname = $1 AND t.relname = $2 AND k.conparentid = 0
ORDER BY key
