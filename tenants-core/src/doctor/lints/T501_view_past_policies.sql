SELECT
    c.name AS object,
    'runs with the rights of ' || u.name || ', whom no policy binds' AS detail,
    CASE
        WHEN current_setting('server_version_num')::integer >= 150000
        THEN format('ALTER VIEW %s SET (security_invoker = true)', c.name)
        ELSE (
            SELECT format('ALTER VIEW %s OWNER TO %s', c.name, d.datdba::regrole)
            FROM pg_database AS d
            WHERE d.datname = current_database() AND d.datdba NOT IN (SELECT o.oid FROM unbound AS o)
        )
    END AS remedy
FROM relation AS c
JOIN unbound AS u ON u.oid = c.relowner
WHERE c.relkind = 'v'
    AND c.oid IN (SELECT s.oid FROM shown AS s)
    AND NOT EXISTS (
        SELECT
        FROM pg_options_to_table(c.reloptions) AS o
        WHERE o.option_name = 'security_invoker' AND o.option_value::boolean
    )
ORDER BY 1
