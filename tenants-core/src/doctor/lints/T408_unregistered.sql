SELECT
    c.name AS object,
    'has a column ' || string_agg(quote_ident(a.attname), ', ') || ' but is neither tagged nor declared as global' AS detail,
    NULL::text AS remedy
FROM relation AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'f')
    AND c.nspname <> 'tenants'
    AND a.attname IN (SELECT w.tenant_column FROM wanted AS w)
    AND c.oid NOT IN (SELECT t.oid FROM tree AS t)
GROUP BY c.name
ORDER BY 1
