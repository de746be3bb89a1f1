SELECT
    p.oid::regprocedure::text AS object,
    'EXECUTE to ' || g.name AS detail,
    format('REVOKE EXECUTE ON FUNCTION %s FROM %s', p.oid::regprocedure, g.name) AS remedy
FROM pg_proc AS p
CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
JOIN grantee AS g ON g.oid = x.grantee
WHERE p.pronamespace = 'pg_catalog'::regnamespace
    AND x.privilege_type = 'EXECUTE'
    AND p.proname IN (
        'lo_export', 'lo_import', 'pg_ls_dir', 'pg_promote', 'pg_read_binary_file', 'pg_read_file', 'pg_reload_conf',
        'pg_rotate_logfile', 'pg_stat_file', 'pg_switch_wal', 'pg_create_restore_point'
    )
ORDER BY 1, 2
