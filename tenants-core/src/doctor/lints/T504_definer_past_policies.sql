SELECT
    f.name AS object,
    'runs with the rights of ' || u.name || ', whom no policy binds' AS detail,
    format('ALTER ROUTINE %s SECURITY INVOKER', f.name) AS remedy
FROM routine AS f
JOIN unbound AS u ON u.oid = f.proowner
WHERE f.prosecdef
ORDER BY 1
