SELECT
    CASE s.setrole WHEN 0 THEN 'ALL' ELSE s.setrole::regrole::text END || coalesce(' in ' || quote_ident(d.datname), '') AS object,
    c.setting AS detail,
    format(
        '%s RESET %s',
        CASE
            WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'ALTER ROLE ALL'
            WHEN s.setrole = 0 THEN format('ALTER DATABASE %I', d.datname)
            WHEN s.setdatabase = 0 THEN format('ALTER ROLE %s', s.setrole::regrole)
            ELSE format('ALTER ROLE %s IN DATABASE %I', s.setrole::regrole, d.datname)
        END,
        split_part(c.setting, '=', 1)
    ) AS remedy
FROM pg_db_role_setting AS s
LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
CROSS JOIN LATERAL unnest(s.setconfig) AS c (setting)
WHERE (s.setrole = 0 OR s.setrole IN (SELECT r.oid FROM reach AS r))
    AND (s.setdatabase = 0 OR d.datname = current_database())
    AND c.setting ~* '^(role|session_authorization|row_security|tenants\..*|session_replication_role|lo_compat_privileges|(local|session)_preload_libraries)='
    AND c.setting !~* '^row_security=(on|true|yes|1)$'
ORDER BY 1, 2
