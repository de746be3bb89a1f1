SELECT
    format('%I.%I', w.schema, w.name) AS object,
    CASE c.relkind
        WHEN 'v' THEN 'is a view, which has no policies'
        WHEN 'm' THEN 'is a materialized view, which has no policies'
        WHEN 'f' THEN 'is a foreign table, which has no policies'
        ELSE 'is not there'
    END AS detail,
    NULL::text AS remedy
FROM wanted AS w
LEFT JOIN relation AS c ON c.nspname = w.schema AND c.relname = w.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
WHERE c.oid IS NULL OR (w.tenant_column IS NOT NULL AND c.relkind NOT IN ('r', 'p'))
UNION ALL
SELECT p.name, 'is a foreign table, which has no policies', NULL
FROM protected AS p
WHERE p.relkind = 'f' AND p.oid <> p.root
ORDER BY 1
