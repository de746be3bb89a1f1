SELECT
    'lo_compat_privileges' AS object,
    'is on, so that everybody reads and writes all large objects' AS detail,
    format('ALTER DATABASE %I SET lo_compat_privileges = off', current_database()) AS remedy
WHERE current_setting('lo_compat_privileges')::boolean
UNION ALL
SELECT
    g.name,
    'owns large objects, which all that may become it read and write',
    NULL
FROM grantee AS g
WHERE g.oid IN (SELECT l.lomowner FROM pg_largeobject_metadata AS l)
ORDER BY 1
