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
), key AS (
    SELECT
        x.indexrelid AS oid,
        x.*,
        i.relname AS name,
        i.relkind = 'I' AS has_parts,
        i.reloptions,
        i.reltablespace,
        m.amname,
        c.relname AS table_name,
        n.nspname AS schema,
        k.oid AS constraint_oid,
        pg_catalog.concat(
            CASE WHEN k.condeferrable THEN ' DEFERRABLE' END, CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END
        ) AS deferral,
        a.attnum AS tenant,
        (x.indkey::int2[])[0:x.indnkeyatts - 1] AS key_columns
    FROM tree AS t
    JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid AND (x.indisunique OR x.indisexclusion)
    JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_am AS m ON m.oid = i.relam
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_constraint AS k
        ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = t.oid AND a.attname = t.tenant_column AND a.attnum > 0 AND NOT a.attisdropped
), written AS (
    SELECT
        k.*,
        CASE
            WHEN k.constraint_oid IS NULL THEN pg_catalog.pg_get_indexdef(k.oid)
            ELSE pg_catalog.pg_get_constraintdef(k.constraint_oid)
        END AS definition,
        -- What stands before the columns.
        CASE
            WHEN k.constraint_oid IS NULL THEN pg_catalog.format(
                'CREATE UNIQUE INDEX %I ON %s%I.%I USING %I (',
                k.name, CASE WHEN k.has_parts THEN 'ONLY ' END, k.schema, k.table_name, k.amname
            )
            ELSE pg_catalog.substring(pg_catalog.pg_get_constraintdef(k.constraint_oid), '^[A-Z ]+\(')
        END AS head
    FROM key AS k
)
SELECT
    w.schema::text AS schema,
    w.table_name::text AS table_name,
    w.name::text AS name,
    above.relname::text AS above,
    above_schema.nspname::text AS above_schema,
    w.constraint_oid IS NOT NULL AS is_constraint,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(w.key_columns) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = w.indrelid AND a.attnum = u.attnum
        ORDER BY u.place
    ) AS columns,
    w.indexprs IS NULL AND w.indpred IS NULL AND w.indimmediate AND w.indisvalid AND NOT w.indisexclusion AS is_plain,
    coalesce(w.tenant = ANY (w.key_columns), false) AS has_tenant,
    w.indpred IS NULL AND w.amname = 'btree' AS serves_all_rows,
    w.indisclustered AS is_clustered,
    coalesce(w.head, '') AS head,
    coalesce(
        pg_catalog.substr(
            w.definition,
            pg_catalog.length(w.head) + 1,
            pg_catalog.length(w.definition) - pg_catalog.length(w.head) - pg_catalog.length(w.deferral)
        ),
        ''
    ) AS rest,
    pg_catalog.concat(
        (
            SELECT ' WITH (' || pg_catalog.string_agg(pg_catalog.format('%I=%L', o.option_name, o.option_value), ', ') || ')'
            FROM pg_catalog.pg_options_to_table(w.reloptions) AS o
            -- An index has them in its definition.
            WHERE w.constraint_oid IS NOT NULL
        ),
        w.deferral
    ) AS tail,
    s.spcname::text AS tablespace,
    pg_catalog.obj_description(w.constraint_oid, 'pg_constraint') AS constraint_comment,
    pg_catalog.obj_description(w.oid, 'pg_class') AS index_comment,
    CASE
        WHEN w.indisexclusion THEN 'exclusion'
        WHEN NOT w.indisvalid THEN 'invalid'
        WHEN w.indnatts >= pg_catalog.current_setting('max_index_keys')::integer THEN 'columns'
        WHEN w.head IS NULL OR NOT pg_catalog.starts_with(w.definition, w.head) THEN 'definition'
    END AS obstacle,
    ARRAY(
        SELECT CASE d.classid
            WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN (
                SELECT r.ev_class::pg_catalog.regclass::text FROM pg_catalog.pg_rewrite AS r WHERE r.oid = d.objid
            )
            ELSE (pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid)).identity
        END AS dependent
        FROM pg_catalog.pg_depend AS d
        WHERE d.deptype IN ('n', 'a')
            AND (
                (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = w.oid)
                OR (d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = w.constraint_oid)
            )
            AND NOT (
                d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
                AND EXISTS (SELECT FROM pg_catalog.pg_constraint AS f WHERE f.oid = d.objid AND f.contype = 'f')
            )
        UNION
        SELECT 'REPLICA IDENTITY USING INDEX' WHERE w.indisreplident
        UNION
        -- Updates and deletes are refused while a list of columns lacks one of the replica identity. From PostgreSQL 15 on.
        SELECT pg_catalog.format('PUBLICATION %I', p.pubname)
        FROM pg_catalog.pg_publication_rel AS r
        JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
        WHERE w.indisprimary AND r.prrelid = w.indrelid AND (p.pubupdate OR p.pubdelete)
            AND pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(r) -> 'prattrs') = 'array'
            AND NOT pg_catalog.to_jsonb(r) -> 'prattrs' @> coalesce(pg_catalog.to_jsonb(w.tenant), '0')
        ORDER BY dependent
    ) AS dependents
FROM written AS w
LEFT JOIN pg_catalog.pg_inherits AS part ON part.inhrelid = w.oid
LEFT JOIN pg_catalog.pg_class AS above ON above.oid = part.inhparent
LEFT JOIN pg_catalog.pg_namespace AS above_schema ON above_schema.oid = above.relnamespace
LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = w.reltablespace
ORDER BY schema, table_name, name
