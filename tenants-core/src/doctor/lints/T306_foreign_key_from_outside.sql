SELECT
    format('%s.%I', c.name, k.conname) AS object,
    'references ' || f.name || ', whose rows belong to tenants' AS detail,
    NULL::text AS remedy
FROM relation AS c
JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0
JOIN protected AS f ON f.oid = k.confrelid
WHERE c.oid NOT IN (SELECT p.oid FROM protected AS p)
ORDER BY 1
