SELECT
    c.name AS object,
    'runs with the rights of ' || c.relowner::regrole AS detail,
    format('ALTER VIEW %s SET (security_invoker = true)', c.name) AS remedy
FROM relation AS c
WHERE c.relkind = 'v'
    AND c.oid IN (SELECT s.oid FROM shown AS s)
    AND c.relowner NOT IN (SELECT u.oid FROM unbound AS u)
    -- PostgreSQL 14 has no other views.
    AND current_setting('server_version_num')::integer >= 150000
    AND NOT EXISTS (
        SELECT
        FROM pg_options_to_table(c.reloptions) AS o
        WHERE o.option_name = 'security_invoker' AND o.option_value::boolean
    )
ORDER BY 1
