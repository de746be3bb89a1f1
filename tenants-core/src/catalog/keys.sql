WITH RECURSIVE tree AS (
    SELECT c.oid, t.tenant_column
    FROM unnest($1::text[], $2::text[], $3::text[]) AS t (schema, name, tenant_column)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
    WHERE t.tenant_column IS NOT NULL
    UNION
    SELECT i.inhrelid, t.tenant_column
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
), of_tenants AS (
    SELECT t.oid, a.attnum
    FROM tree AS t
    JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = t.oid AND a.attname = t.tenant_column AND a.attnum > 0 AND NOT a.attisdropped
), key AS (
    SELECT t.oid, k.conname AS name, f.oid AS referenced
    FROM of_tenants AS t
    JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'f'
    JOIN of_tenants AS f ON f.oid = k.confrelid
    -- Those of partitions are made with that of their table.
    WHERE k.conparentid = 0 AND NOT EXISTS (
        SELECT
        FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS pair (own, other)
        WHERE pair.own = t.attnum AND pair.other = f.attnum
    )
    UNION ALL
    -- Of constraints and of those that were made as an index alone.
    SELECT t.oid, i.relname, NULL
    FROM of_tenants AS t
    JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid AND (x.indisunique OR x.indisexclusion)
    JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
    WHERE NOT i.relispartition
        AND t.attnum <> ALL ((x.indkey::int2[])[0:x.indnkeyatts - 1])
)
SELECT
    n.nspname::text AS table_schema,
    c.relname::text AS table_name,
    k.name::text AS name,
    rn.nspname::text AS referenced_schema,
    r.relname::text AS referenced_name
FROM key AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class AS r ON r.oid = k.referenced
LEFT JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
ORDER BY table_schema, table_name, name
