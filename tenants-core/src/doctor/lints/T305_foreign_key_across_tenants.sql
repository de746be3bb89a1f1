SELECT
    format('%s.%I', p.name, k.conname) AS object,
    'references ' || f.name || ' without the tenant column' AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_constraint AS k ON k.conrelid = p.oid AND k.contype = 'f' AND k.conparentid = 0
JOIN protected AS f ON f.oid = k.confrelid
WHERE NOT EXISTS (
    SELECT
    FROM ROWS FROM (unnest(k.conkey), unnest(k.confkey)) AS pair (own, other)
    WHERE pair.own = p.attnum AND pair.other = f.attnum
)
ORDER BY 1
