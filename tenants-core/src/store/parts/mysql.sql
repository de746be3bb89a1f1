SELECT column_name AS text
FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = 'tenants_tenant'
UNION ALL
SELECT CONCAT('a unique ', MIN(column_name))
FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = 'tenants_tenant' AND non_unique = 0
GROUP BY index_name
HAVING COUNT(*) = 1 AND MIN(COALESCE(sub_part, 0)) = 0
UNION ALL
SELECT 'an id compared by its bytes'
FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = 'tenants_tenant' AND column_name = 'id'
    AND COALESCE(collation_name, 'binary') IN ('binary', 'utf8mb4_0900_bin', 'utf8mb4_nopad_bin')
