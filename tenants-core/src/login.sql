SELECT
    session_user::text AS "login",
    current_user::text AS "current_role",
    -- Of the login and of every role that it may become, the runtime role among them.
    me.rolsuper OR EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolsuper AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
    ) AS "superuser",
    me.rolbypassrls OR EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolbypassrls AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
    ) AS "bypass_rls",
    me.rolcreaterole OR EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolcreaterole AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
    ) AS "create_role",
    ARRAY(
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM ROWS FROM (pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])) AS registered ("schema", "name")
        JOIN pg_catalog.pg_namespace AS n ON n.nspname = registered."schema"
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = registered."name"
        WHERE pg_catalog.pg_has_role(me.oid, c.relowner, 'MEMBER')
        -- What policies call, and the schemas whose owner may drop what is in them.
        UNION ALL
        SELECT pg_catalog.format('%I.%I', n.nspname, p.proname)
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'tenants' AND pg_catalog.pg_has_role(me.oid, p.proowner, 'MEMBER')
        UNION ALL
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'tenants' AND c.relkind = 'r' AND pg_catalog.pg_has_role(me.oid, c.relowner, 'MEMBER')
        UNION ALL
        SELECT pg_catalog.format('%I', n.nspname)
        FROM pg_catalog.pg_namespace AS n
        WHERE (n.nspname = 'tenants' OR n.nspname = ANY ($3::text[]))
            AND pg_catalog.pg_has_role(me.oid, n.nspowner, 'MEMBER')
        ORDER BY 1
    ) AS "owned_tables",
    COALESCE(
        (SELECT pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER') FROM pg_catalog.pg_roles AS r WHERE r.rolname = $1::text),
        false
    ) AS "may_become_app",
    -- All tenants run as roles that share these rights, so one tenant's functions would run for the others.
    ARRAY(
        SELECT n.nspname::text
        FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_roles AS r ON r.rolname = $1::text
        WHERE n.nspname !~ '^pg_(toast_)?temp_' AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')
        ORDER BY 1
    ) AS "writable_schemas",
    COALESCE(
        (SELECT pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER') FROM pg_catalog.pg_roles AS r WHERE r.rolname = $2::text),
        false
    ) AS "may_become_admin",
    -- The body of the one function that all policies name is the truth about the isolation.
    (
        SELECT pg_catalog.strpos(pg_catalog.pg_get_functiondef(p.oid), 'current_setting') > 0
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'tenants' AND p.proname = 'current_tenant' AND p.pronargs = 0
    ) AS "shared_role",
    COALESCE(
        (
            SELECT pg_catalog.has_schema_privilege(me.oid, n.oid, 'USAGE')
                AND pg_catalog.has_function_privilege(me.oid, p.oid, 'EXECUTE')
            FROM pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname = 'tenants' AND p.proname = 'admit' AND p.pronargs = 1
        ),
        false
    ) AS "may_admit"
FROM pg_catalog.pg_roles AS me
WHERE me.rolname = session_user
