SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = $1
        AND pg_catalog.pg_has_role(
            session_user,
            r.oid,
            -- From PostgreSQL 16 on, a member need not be one that may become the role.
            CASE WHEN pg_catalog.current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END
        )
) AS found
