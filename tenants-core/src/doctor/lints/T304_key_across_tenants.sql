SELECT
    format('%s.%I', p.name, i.relname) AS object,
    CASE
        WHEN x.indisexclusion THEN 'an exclusion constraint'
        WHEN x.indisprimary THEN 'the primary key'
        ELSE 'a unique index'
    END || ' without the tenant column' AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_index AS x ON x.indrelid = p.oid AND (x.indisunique OR x.indisexclusion)
JOIN pg_class AS i ON i.oid = x.indexrelid
-- Those of partitions are made with that of their table.
WHERE NOT i.relispartition AND p.attnum <> ALL ((x.indkey::int2[])[0:x.indnkeyatts - 1])
ORDER BY 1
