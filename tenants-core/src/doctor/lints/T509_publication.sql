SELECT
    quote_ident(b.pubname) AS object,
    'ships ' || string_agg(p.name, ', ' ORDER BY p.name) AS detail,
    NULL::text AS remedy
FROM pg_publication_tables AS b
JOIN protected AS p ON p.name = format('%I.%I', b.schemaname, b.tablename)
GROUP BY b.pubname
ORDER BY 1
