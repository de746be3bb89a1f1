SELECT
    'pg_catalog.' || v.viewname AS object,
    'shows values of rows that whoever asks may not read' AS detail,
    NULL::text AS remedy
FROM pg_views AS v
WHERE v.schemaname = 'pg_catalog'
    AND v.viewname IN ('pg_stats_ext', 'pg_stats_ext_exprs')
    AND v.definition NOT LIKE '%pg_has_role%'
ORDER BY 1
