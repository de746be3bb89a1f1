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
), part AS (
    SELECT k.conparentid AS root, k.oid, k.conrelid, k.conname
    FROM pg_catalog.pg_constraint AS k
    WHERE k.contype = 'f' AND k.conparentid <> 0
    UNION
    SELECT p.root, k.oid, k.conrelid, k.conname
    FROM part AS p
    JOIN pg_catalog.pg_constraint AS k ON k.conparentid = p.oid
)
SELECT
    cn.nspname::text AS schema,
    c.relname::text AS table_name,
    k.conname::text AS name,
    pn.nspname::text AS referenced_schema,
    p.relname::text AS referenced_name,
    t.tenant_column AS referenced_tenant,
    i.relname::text AS referenced_key,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
        ORDER BY u.place
    ) AS columns,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
        ORDER BY u.place
    ) AS referenced_columns,
    -- From PostgreSQL 15 on, ON DELETE may name the columns that it sets.
    pg_catalog.to_jsonb(k) ? 'confdelsetcols' AS may_name_set,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.jsonb_array_elements_text(
            CASE pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(k) -> 'confdelsetcols')
                WHEN 'array' THEN pg_catalog.to_jsonb(k) -> 'confdelsetcols'
                ELSE '[]'
            END
        ) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum::smallint
        ORDER BY u.place
    ) AS set_columns,
    k.confupdtype::text AS on_update,
    k.confdeltype::text AS on_delete,
    k.confmatchtype = 'f' AS is_match_full,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND NOT a.attnotnull
    ) AS allows_null,
    pg_catalog.concat(
        CASE WHEN k.condeferrable THEN ' DEFERRABLE' END,
        CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END,
        -- From PostgreSQL 18 on, a constraint may be there without being enforced, and is then never valid.
        CASE
            WHEN pg_catalog.to_jsonb(k) -> 'conenforced' = 'false' THEN ' NOT ENFORCED'
            WHEN NOT k.convalidated THEN ' NOT VALID'
        END
    ) AS tail,
    pg_catalog.pg_get_constraintdef(k.oid) AS definition,
    pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment,
    CASE
        WHEN pg_catalog.to_jsonb(k) -> 'conperiod' = 'true' THEN 'period'
        WHEN EXISTS (
            SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O'
        ) THEN 'trigger'
        WHEN EXISTS (
            SELECT
            FROM part
            WHERE part.root = k.oid
                AND (
                    (part.conrelid <> k.conrelid AND part.conname <> k.conname)
                    OR pg_catalog.obj_description(part.oid, 'pg_constraint') IS NOT NULL
                )
        ) THEN 'partition'
    END AS obstacle
FROM pg_catalog.pg_constraint AS k
JOIN tree AS t ON t.oid = k.confrelid
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class AS p ON p.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
JOIN pg_catalog.pg_class AS i ON i.oid = k.conindid
-- Those of partitions are made with that of their table.
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY schema, table_name, name
