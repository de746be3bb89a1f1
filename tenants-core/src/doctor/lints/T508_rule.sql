SELECT
    format('%s.%I', p.name, r.rulename) AS object,
    'runs with the rights of ' || p.relowner::regrole AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_rewrite AS r ON r.ev_class = p.oid AND r.rulename <> '_RETURN'
ORDER BY 1
