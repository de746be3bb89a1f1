SELECT
    p.name AS object,
    'DISABLE ROW LEVEL SECURITY' AS detail,
    format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p.name) AS remedy
FROM protected AS p
WHERE p.relkind IN ('r', 'p') AND NOT p.relrowsecurity
ORDER BY 1
