WITH RECURSIVE me AS (
    SELECT r.*
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = session_user
), app AS (
    SELECT r.*
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = $1::text
), reach AS MATERIALIZED (
    -- The login and every role that it may become, the runtime role among them.
    SELECT r.*
    FROM pg_catalog.pg_roles AS r
    CROSS JOIN me
    WHERE pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
), registered AS (
    SELECT c.oid, t.of_tenants
    FROM ROWS FROM (
        pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[]), pg_catalog.unnest($5::boolean[])
    ) AS t ("schema", "name", of_tenants)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t."schema"
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t."name"
), below AS (
    -- With their partitions and other children, at any depth.
    SELECT r.oid, r.of_tenants FROM registered AS r
    UNION
    SELECT i.inhrelid, b.of_tenants
    FROM below AS b
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = b.oid
), around AS (
    -- Whoever reads a table reads what inherits from it, by the policies of the former alone.
    SELECT b.oid FROM below AS b WHERE b.of_tenants
    UNION
    SELECT i.inhparent
    FROM around AS a
    JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = a.oid
), asked AS (
    -- Whether the policies of a table of tenants ask for a signature: all, some or none. A policy depends on the
    -- functions that it calls.
    SELECT
        pg_catalog.format('%I.%I', n.nspname, c.relname) AS table_name,
        pg_catalog.bool_and(y.asks) AS by_all,
        pg_catalog.bool_or(y.asks) AS by_some
    FROM below AS b
    JOIN pg_catalog.pg_class AS c ON c.oid = b.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid AND p.polname IN ('tenants_isolation', 'tenants_guard')
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT
            FROM pg_catalog.pg_depend AS d
            JOIN pg_catalog.pg_proc AS f ON f.oid = d.refobjid
            JOIN pg_catalog.pg_namespace AS s ON s.oid = f.pronamespace
            WHERE d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
                AND d.objid = p.oid
                AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                AND s.nspname = 'tenants'
                AND f.proname = 'verified_tenant'
        ) AS asks
    ) AS y
    WHERE b.of_tenants
    GROUP BY c.oid, n.nspname, c.relname
), tree AS (
    SELECT b.oid, pg_catalog.bool_or(b.of_tenants) AS of_tenants
    FROM (SELECT * FROM below UNION ALL SELECT a.oid, true FROM around AS a) AS b
    GROUP BY b.oid
), granted AS (
    -- All rights on them, and on single columns of theirs. PUBLIC is role 0.
    SELECT
        b.oid, b.of_tenants, c.relowner, a.grantee, a.privilege_type,
        pg_catalog.format('%I.%I', n.nspname, c.relname) AS table_name
    FROM tree AS b
    JOIN pg_catalog.pg_class AS c ON c.oid = b.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT x.grantee, x.privilege_type FROM pg_catalog.aclexplode(c.relacl) AS x
        UNION ALL
        SELECT x.grantee, x.privilege_type
        FROM pg_catalog.pg_attribute AS t
        CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) AS x
        WHERE t.attrelid = c.oid AND t.attnum > 0
    ) AS a
), writable AS (
    -- All tenants run as roles that share these rights, so one tenant's functions would run for the others.
    SELECT r.rolname, n.nspname, r.oid = app.oid AS is_app
    FROM pg_catalog.pg_namespace AS n
    CROSS JOIN app
    JOIN pg_catalog.pg_roles AS r ON r.oid = app.oid OR r.oid IN (SELECT reach.oid FROM reach)
    WHERE n.nspname !~ '^pg_(toast_)?temp_' AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')
), held AS (
    -- Rights on tables that nobody needs who is scoped.
    SELECT g.table_name, g.grantee
    FROM granted AS g
    WHERE (g.grantee = 0 AND g.of_tenants)
        OR (
            g.grantee IN (SELECT reach.oid FROM reach)
            AND g.grantee NOT IN (SELECT app.oid FROM app)
        )
), uncovered AS (
    -- Rights that no policy is asked about: TRUNCATE takes the rows of all tenants away, a trigger runs in the
    -- name of whoever writes, a foreign key proves what is there, and MAINTAIN locks all out.
    SELECT DISTINCT g.table_name, g.privilege_type
    FROM granted AS g
    CROSS JOIN app
    WHERE g.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
        AND CASE g.grantee WHEN 0 THEN true ELSE pg_catalog.pg_has_role(app.oid, g.grantee, 'USAGE') END
), entry AS (
    -- Where the session that every scope begins as looks for a name. `$user` is the role of the scope.
    SELECT
        p.place,
        CASE
            WHEN p.entry[1] LIKE '"%'
            THEN pg_catalog.replace(pg_catalog.substr(p.entry[1], 2, pg_catalog.length(p.entry[1]) - 2), '""', '"')
            ELSE pg_catalog.lower(p.entry[1])
        END AS "schema"
    FROM pg_catalog.pg_settings AS s
    CROSS JOIN LATERAL pg_catalog.regexp_matches(s.reset_val, '"(?:[^"]|"")*"|[^,[:space:]]+', 'g')
        WITH ORDINALITY AS p (entry, place)
    WHERE s.name = 'search_path'
), found AS (
    -- Diesel writes tables of the schema `public` by their bare name.
    SELECT DISTINCT ON (c.relname) c.oid, c.relname, n.nspname
    FROM entry AS e
    CROSS JOIN app
    JOIN pg_catalog.pg_namespace AS n
        ON n.nspname = e."schema"
        OR (
            e."schema" = '$user'
            AND (
                n.nspname IN (SELECT app.rolname FROM app)
                OR n.nspname IN (SELECT reach.rolname FROM reach WHERE reach.rolname LIKE 'tenant\_%')
            )
        )
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    JOIN ROWS FROM (
        pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[]), pg_catalog.unnest($5::boolean[])
    ) AS t ("schema", "name", of_tenants) ON t."name" = c.relname AND t."schema" = 'public' AND t.of_tenants
    WHERE pg_catalog.has_schema_privilege(app.oid, n.oid, 'USAGE')
    -- Of two tenants' schemas, the one that hides counts.
    ORDER BY c.relname, e.place, c.oid IN (SELECT r.oid FROM registered AS r WHERE r.of_tenants)
), shadow AS (
    SELECT
        pg_catalog.format('%I.%I', f.nspname, f.relname) AS shadow_name,
        pg_catalog.format('public.%I', f.relname) AS table_name
    FROM found AS f
    WHERE f.nspname <> 'public'
        -- Another table of tenants shows none of their rows to others.
        AND f.oid NOT IN (SELECT r.oid FROM registered AS r WHERE r.of_tenants)
)
SELECT
    session_user::text AS "login",
    current_user::text AS "current_role",
    EXISTS (SELECT FROM reach WHERE reach.rolsuper) AS "superuser",
    EXISTS (SELECT FROM reach WHERE reach.rolbypassrls) AS "bypass_rls",
    EXISTS (SELECT FROM reach WHERE reach.rolcreaterole) AS "create_role",
    EXISTS (SELECT FROM reach WHERE reach.rolreplication) AS "replication",
    ARRAY(
        SELECT reach.rolname::text FROM reach WHERE reach.rolname ~ '^pg_' ORDER BY 1
    ) AS "predefined_roles",
    ARRAY(
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM tree AS b
        JOIN pg_catalog.pg_class AS c ON c.oid = b.oid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
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
    EXISTS (SELECT FROM app WHERE pg_catalog.pg_has_role(me.oid, app.oid, 'MEMBER')) AS "may_become_app",
    -- Without SET ROLE, and so without any scope.
    EXISTS (SELECT FROM app WHERE pg_catalog.pg_has_role(me.oid, app.oid, 'USAGE')) AS "inherits_app",
    -- The runtime role first, and both arrays in the same order.
    ARRAY(
        SELECT w.nspname::text FROM writable AS w ORDER BY w.is_app DESC, w.rolname, w.nspname
    ) AS "writable_schemas",
    ARRAY(
        SELECT w.rolname::text FROM writable AS w ORDER BY w.is_app DESC, w.rolname, w.nspname
    ) AS "schema_writers",
    ARRAY(
        SELECT r.rolname::text
        FROM pg_catalog.pg_roles AS r
        WHERE (r.oid IN (SELECT reach.oid FROM reach) OR r.oid IN (SELECT app.oid FROM app))
            AND pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CREATE')
        ORDER BY r.oid IN (SELECT app.oid FROM app) DESC, 1
    ) AS "schema_makers",
    ARRAY(
        SELECT h.table_name FROM held AS h ORDER BY h.table_name, h.grantee
    ) AS "held_tables",
    ARRAY(
        SELECT CASE h.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(h.grantee)::text END
        FROM held AS h
        ORDER BY h.table_name, h.grantee
    ) AS "table_holders",
    -- Tables that show rows of tenants although a policy of ours is missing. Who has no right on one
    -- sees nothing; an owner or superuser was allowed explicitly.
    ARRAY(
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM around AS a
        JOIN pg_catalog.pg_class AS c ON c.oid = a.oid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE NOT (
                c.relrowsecurity
                AND c.relforcerowsecurity
                AND (
                    SELECT pg_catalog.count(*) = 3
                    FROM pg_catalog.pg_policy AS p
                    -- Word for word they are the generator's to compare, and the doctor's.
                    WHERE p.polrelid = c.oid AND CASE p.polname
                        WHEN 'tenants_isolation' THEN p.polpermissive
                        WHEN 'tenants_guard' THEN NOT p.polpermissive
                            AND p.polcmd = '*'
                            AND (0 = ANY (p.polroles) OR (SELECT app.oid FROM app) = ANY (p.polroles))
                        -- Whoever it is for, it is not for scoped code.
                        WHEN 'tenants_admin' THEN NOT EXISTS (
                            SELECT
                            FROM pg_catalog.unnest(p.polroles) AS t (role)
                            CROSS JOIN app
                            WHERE CASE t.role WHEN 0 THEN true ELSE pg_catalog.pg_has_role(app.oid, t.role, 'USAGE') END
                        )
                        ELSE false
                    END
                    AND (
                        p.polname = 'tenants_admin'
                        OR (
                            pg_catalog.pg_get_expr(p.polqual, p.polrelid) = pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
                            AND EXISTS (
                                SELECT
                                FROM pg_catalog.pg_depend AS d
                                JOIN pg_catalog.pg_proc AS f ON f.oid = d.refobjid
                                JOIN pg_catalog.pg_namespace AS s ON s.oid = f.pronamespace AND s.nspname = 'tenants'
                                WHERE d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
                                    AND d.objid = p.oid
                                    AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                                -- One that calls any other, too, may be true of each row.
                                HAVING pg_catalog.bool_and(f.proname IN ('current_tenant', 'verified_tenant'))
                            )
                        )
                    )
                )
            )
            AND (
                EXISTS (
                    SELECT
                    FROM app
                    WHERE pg_catalog.has_table_privilege(app.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                        OR pg_catalog.has_any_column_privilege(app.oid, c.oid, 'SELECT, INSERT, UPDATE')
                )
                -- By what was granted: to ask for each role takes seconds where each tenant has one. A superuser may
                -- become everybody.
                OR (
                    NOT me.rolsuper
                    AND EXISTS (
                        SELECT
                        FROM granted AS g
                        WHERE g.oid = c.oid
                            AND g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                            AND g.grantee <> g.relowner
                            AND (g.grantee = 0 OR g.grantee IN (SELECT reach.oid FROM reach))
                    )
                )
            )
        ORDER BY 1
    ) AS "unprotected_tables",
    -- A policy of this name lets every row through, whatever stands beside it.
    ARRAY(
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM around AS a
        JOIN pg_catalog.pg_class AS c ON c.oid = a.oid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid
        WHERE p.polname = 'tenants_observe' AND c.relrowsecurity AND c.relforcerowsecurity
        ORDER BY 1
    ) AS "observed_tables",
    ARRAY(
        SELECT u.table_name FROM uncovered AS u ORDER BY u.table_name, u.privilege_type
    ) AS "uncovered_tables",
    ARRAY(
        SELECT u.privilege_type FROM uncovered AS u ORDER BY u.table_name, u.privilege_type
    ) AS "uncovered_rights",
    ARRAY(SELECT s.table_name FROM shadow AS s ORDER BY s.table_name) AS "shadowed_tables",
    ARRAY(SELECT s.shadow_name FROM shadow AS s ORDER BY s.table_name) AS "shadows",
    -- Of all columns that tell tenants apart, also of tables that this program does not know.
    ARRAY(
        SELECT DISTINCT b.typname::text
        FROM pg_catalog.pg_policy AS p
        JOIN pg_catalog.pg_depend AS d
            ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
            AND d.objid = p.oid
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refobjid = p.polrelid
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
        -- A domain spells its values as the type below it does.
        JOIN pg_catalog.pg_type AS b ON b.oid = COALESCE(NULLIF(t.typbasetype, 0), t.oid)
        WHERE p.polname IN ('tenants_isolation', 'tenants_observe')
        ORDER BY 1
    ) AS "policy_types",
    ARRAY(SELECT a.table_name FROM asked AS a WHERE NOT a.by_all ORDER BY 1) AS "unsigned_tables",
    ARRAY(SELECT a.table_name FROM asked AS a WHERE a.by_some ORDER BY 1) AS "signed_tables",
    -- `set_config`, because a `SET` would stand in pg_stat_statements as it is.
    pg_catalog.has_function_privilege(me.oid, 'pg_catalog.set_config(text, text, boolean)', 'EXECUTE') AS "may_set",
    -- Whoever reads the keys can sign for every tenant.
    ARRAY(
        SELECT r.rolname::text
        FROM pg_catalog.pg_class AS k
        JOIN pg_catalog.pg_namespace AS n ON n.oid = k.relnamespace
        CROSS JOIN pg_catalog.pg_roles AS r
        WHERE n.nspname = 'tenants'
            AND k.relname = 'scope_key'
            AND (r.oid IN (SELECT reach.oid FROM reach) OR r.oid IN (SELECT app.oid FROM app))
            AND pg_catalog.has_any_column_privilege(r.oid, k.oid, 'SELECT')
        -- The runtime role first: those of tenants have what it has, and their names tell tenants.
        ORDER BY r.oid IN (SELECT app.oid FROM app) DESC, 1
    ) AS "key_readers",
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
    ) AS "may_admit",
    COALESCE(
        (
            SELECT pg_catalog.has_schema_privilege(me.oid, n.oid, 'USAGE')
                AND pg_catalog.has_function_privilege(me.oid, p.oid, 'EXECUTE')
            FROM pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname = 'tenants' AND p.proname = 'delete_tenant' AND p.pronargs = 1
        ),
        false
    ) AS "may_administer",
    -- Every scope is left with it.
    ARRAY(
        SELECT r.rolname::text
        FROM pg_catalog.pg_roles AS r
        WHERE (r.oid = me.oid OR r.oid IN (SELECT app.oid FROM app))
            AND NOT pg_catalog.has_function_privilege(r.oid, 'pg_catalog.pg_advisory_unlock_all()', 'EXECUTE')
        ORDER BY r.oid = me.oid DESC
    ) AS "may_not_unlock"
FROM me
