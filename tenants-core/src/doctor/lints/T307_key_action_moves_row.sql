SELECT
    format('%s.%I', p.name, k.conname) AS object,
    'SET NULL or SET DEFAULT overwrites the tenant column' AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_constraint AS k ON k.conrelid = p.oid AND k.contype = 'f' AND k.conparentid = 0
WHERE p.attnum = ANY (k.conkey)
    AND (
        k.confupdtype IN ('n', 'd')
        OR (
            k.confdeltype IN ('n', 'd')
            -- From PostgreSQL 15 on, ON DELETE may name the columns.
            AND CASE jsonb_typeof(to_jsonb(k) -> 'confdelsetcols')
                WHEN 'array' THEN to_jsonb(k) -> 'confdelsetcols' @> to_jsonb(p.attnum)
                ELSE true
            END
        )
    )
ORDER BY 1
