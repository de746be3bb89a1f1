SELECT
    format('%s.%I', p.name, t.tgname) AS object,
    'runs when the transaction ends' AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_trigger AS t ON t.tgrelid = p.oid AND NOT t.tgisinternal AND t.tgdeferrable
ORDER BY 1
