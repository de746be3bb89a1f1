-- Behind a policy, a condition is looked up in an index only if its operator tells nothing about the rows that it
-- leaves out: if it is LEAKPROOF. Otherwise all rows of the tenant are read.
SELECT
    format('%I.%I', n.nspname, i.relname) AS object,
    CASE
        WHEN a.attname IS NULL THEN 'an expression ' || pg_get_indexdef(i.oid, k.place + 1, true)
        ELSE format('column %I of type %s', a.attname, format_type(a.atttypid, NULL))
    END || ' of ' || p.name || ' is compared by operators that are not leakproof' AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_index AS x ON x.indrelid = p.oid
JOIN pg_class AS i ON i.oid = x.indexrelid AND NOT i.relispartition
JOIN pg_namespace AS n ON n.oid = i.relnamespace
CROSS JOIN LATERAL generate_series(0, x.indnkeyatts - 1) AS k (place)
JOIN pg_opclass AS o ON o.oid = x.indclass[k.place]
JOIN pg_am AS m ON m.oid = o.opcmethod
LEFT JOIN pg_attribute AS a ON a.attrelid = p.oid AND a.attnum = x.indkey[k.place] AND a.attnum > 0
WHERE x.indkey[k.place] <> p.attnum
    AND (
        -- Hardly a function is leakproof.
        a.attname IS NULL
        OR NOT EXISTS (
            SELECT
            FROM pg_amop AS s
            JOIN pg_operator AS q ON q.oid = s.amopopr
            JOIN pg_proc AS f ON f.oid = q.oprcode AND f.proleakproof
            WHERE s.amopfamily = o.opcfamily
                AND s.amoppurpose = 's'
                AND s.amoplefttype = o.opcintype
                -- Equality, where the access method knows what that is.
                AND (m.amname <> 'btree' OR s.amopstrategy = 3)
        )
    )
ORDER BY 1, 2
