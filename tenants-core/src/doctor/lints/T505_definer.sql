SELECT
    f.name AS object,
    'runs with the rights of ' || f.proowner::regrole || CASE
        WHEN NOT EXISTS (SELECT FROM unnest(f.proconfig) AS c (setting) WHERE starts_with(c.setting, 'search_path='))
        THEN ', and looks names up in the search path of whoever calls it'
        ELSE ''
    END AS detail,
    format('ALTER ROUTINE %s SECURITY INVOKER', f.name) AS remedy
FROM routine AS f
WHERE f.prosecdef AND f.proowner NOT IN (SELECT u.oid FROM unbound AS u)
ORDER BY 1
