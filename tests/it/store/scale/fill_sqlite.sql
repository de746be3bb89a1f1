INSERT INTO tenants_tenant (id, slug, name, status, isolation, metadata, created_at)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
SELECT
    printf('00000000-0000-4000-8000-0000%08x', n * 2654435761 % 4294967296),
    'acme-' || n,
    'Customer ' || n,
    CASE n % 100 WHEN 0 THEN 'suspended' WHEN 1 THEN 'deleted' ELSE CASE WHEN n % 1000 = 2 THEN 'failed' ELSE 'active' END END,
    'shared',
    '{}',
    1767225600000000 + n / 4 * 1000000
FROM numbers;
