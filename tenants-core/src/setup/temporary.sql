SELECT pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'TEMPORARY') AS is_open
