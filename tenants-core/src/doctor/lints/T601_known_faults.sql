, release AS (
    SELECT
        current_setting('server_version_num')::integer / 10000 AS major,
        current_setting('server_version_num')::integer % 10000 AS minor
)
SELECT
    v.name AS object,
    format(
        'is fixed in %s.%s%s; the server is %s.%s',
        v.major, v.fixed, CASE WHEN v.is_assumed THEN ' (assumed from the releases of other versions)' ELSE '' END, r.major, r.minor
    ) AS detail,
    NULL::text AS remedy
FROM release AS r
JOIN (
    VALUES
        -- ON CONFLICT DO UPDATE .. WHERE shows a hidden row.
        ('CVE-2026-120154', 14, 25, true), ('CVE-2026-120154', 15, 20, false), ('CVE-2026-120154', 16, 16, true),
        ('CVE-2026-120154', 17, 12, false), ('CVE-2026-120154', 18, 7, true),
        -- DROP OWNED BY removes policies of tables that belong to others.
        ('CVE-2026-116311', 14, 25, true), ('CVE-2026-116311', 15, 20, false), ('CVE-2026-116311', 16, 16, true),
        ('CVE-2026-116311', 17, 12, false), ('CVE-2026-116311', 18, 7, true),
        -- A leaky function is taken for a leakproof one.
        ('CVE-2026-116327', 14, 25, true), ('CVE-2026-116327', 15, 20, false), ('CVE-2026-116327', 16, 16, true),
        ('CVE-2026-116327', 17, 12, false), ('CVE-2026-116327', 18, 7, true),
        -- ON CONFLICT through a view that filters changes a hidden row.
        ('CVE-2026-16237', 14, 25, true), ('CVE-2026-16237', 15, 20, false), ('CVE-2026-16237', 16, 16, true),
        ('CVE-2026-16237', 17, 12, false), ('CVE-2026-16237', 18, 7, true),
        -- A cached plan outlives a change of memberships.
        ('CVE-2026-14666', 14, 24, true), ('CVE-2026-14666', 15, 19, false), ('CVE-2026-14666', 16, 15, true),
        ('CVE-2026-14666', 17, 11, false), ('CVE-2026-14666', 18, 6, false),
        -- Statistics of partitions reach a leaky operator.
        ('CVE-2025-8713', 14, 19, false), ('CVE-2025-8713', 15, 14, false), ('CVE-2025-8713', 16, 10, false),
        ('CVE-2025-8713', 17, 6, false),
        -- A cached plan keeps the policies of another role below a subquery.
        ('CVE-2024-10976', 14, 14, false), ('CVE-2024-10976', 15, 9, false), ('CVE-2024-10976', 16, 5, false),
        ('CVE-2024-10976', 17, 1, false),
        -- SET ROLE leads to the wrong role behind a rollback.
        ('CVE-2024-10978', 14, 14, false), ('CVE-2024-10978', 15, 9, false), ('CVE-2024-10978', 16, 5, false),
        ('CVE-2024-10978', 17, 1, false),
        -- pg_stats_ext shows values of all tenants.
        ('CVE-2024-4317', 14, 12, false), ('CVE-2024-4317', 15, 7, false), ('CVE-2024-4317', 16, 3, false),
        -- MERGE ignores policies for UPDATE.
        ('CVE-2023-39418', 15, 4, false),
        -- A function that is inlined keeps the policies of another role.
        ('CVE-2023-2455', 14, 8, false), ('CVE-2023-2455', 15, 3, false)
) AS v (name, major, fixed, is_assumed) ON v.major = r.major AND r.minor < v.fixed
UNION ALL
SELECT 'PostgreSQL ' || r.major, 'is older than what this library knows and its policies need', NULL
FROM release AS r
WHERE r.major < 14
ORDER BY 1
