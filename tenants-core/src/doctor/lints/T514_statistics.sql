SELECT
    format('%I.%I', n.nspname, s.stxname) AS object,
    'holds values of ' || p.name AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_statistic_ext AS s ON s.stxrelid = p.oid
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
ORDER BY 1
