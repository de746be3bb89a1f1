SELECT
    format('%s.%I', p.name, p.tenant_column) AS object,
    coalesce('its default is ' || pg_get_expr(d.adbin, d.adrelid), 'has no default') AS detail,
    format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT %s', p.name, p.tenant_column, p.tenant) AS remedy
FROM protected AS p
LEFT JOIN pg_attrdef AS d ON d.adrelid = p.oid AND d.adnum = p.attnum
-- Rows come into partitions through the table.
WHERE p.oid = p.root AND p.relkind IN ('r', 'p') AND p.attnum IS NOT NULL
    AND pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM p.tenant
ORDER BY 1
