SELECT
    format('%s.%I', p.name, p.tenant_column) AS object,
    'no valid index that a policy can use starts with it' AS detail,
    format('CREATE INDEX ON %s (%I)', p.name, p.tenant_column) AS remedy
FROM protected AS p
WHERE p.relkind IN ('r', 'p') AND p.attnum IS NOT NULL
    AND NOT EXISTS (
        SELECT
        FROM pg_index AS x
        JOIN pg_class AS i ON i.oid = x.indexrelid
        JOIN pg_am AS m ON m.oid = i.relam AND m.amname = 'btree'
        WHERE x.indrelid = p.oid AND x.indkey[0] = p.attnum AND x.indisvalid AND x.indpred IS NULL
            -- An index in another collation serves other comparisons.
            AND x.indcollation[0] = p.attcollation
    )
    -- An index of the table is made on its partitions, too, so the table alone is named.
    AND NOT (
        p.relispartition AND EXISTS (
            SELECT
            FROM protected AS above
            WHERE above.oid = p.root AND NOT EXISTS (
                SELECT FROM pg_index AS x WHERE x.indrelid = above.oid AND x.indkey[0] = above.attnum AND x.indisvalid
            )
        )
    )
ORDER BY 1
