SELECT
    p.name AS object,
    'NO FORCE ROW LEVEL SECURITY' AS detail,
    format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p.name) AS remedy
FROM protected AS p
WHERE p.relkind IN ('r', 'p') AND NOT p.relforcerowsecurity
ORDER BY 1
