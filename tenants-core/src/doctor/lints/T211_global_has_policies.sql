SELECT
    c.name AS object,
    'has row-level security, although all tenants share it' AS detail,
    format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.name) AS remedy
FROM registered AS r
JOIN relation AS c ON c.oid = r.oid
WHERE r.tenant_column IS NULL AND c.relrowsecurity
ORDER BY 1
