-- Diesel writes a table of schema `public` without its schema, so the search path of the login decides which one
-- is meant. `RESET ALL`, with which each scope begins, leads back to it.
, setting AS (
    SELECT coalesce(
        -- Of the login itself this is also what the server's configuration and the URL say.
        (SELECT g.reset_val FROM pg_settings AS g WHERE g.name = 'search_path' AND session_user = cfg.login),
        (
            SELECT substr(c.setting, length('search_path=') + 1)
            FROM pg_db_role_setting AS s
            CROSS JOIN LATERAL unnest(s.setconfig) AS c (setting)
            WHERE starts_with(c.setting, 'search_path=')
                AND s.setrole IN (0, n.login)
                AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
            ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC
            LIMIT 1
        ),
        (SELECT g.boot_val FROM pg_settings AS g WHERE g.name = 'search_path')
    ) AS search_path
    FROM cfg
    CROSS JOIN named AS n
), path AS (
    SELECT
        e.place,
        CASE
            WHEN e.entry[1] LIKE '"%' THEN replace(substr(e.entry[1], 2, length(e.entry[1]) - 2), '""', '"')
            ELSE lower(e.entry[1])
        END AS schema
    FROM setting AS s
    CROSS JOIN LATERAL regexp_matches(s.search_path, '"(?:[^"]|"")*"|[^,[:space:]]+', 'g')
        WITH ORDINALITY AS e (entry, place)
), scoped AS (
    -- Whom a scope can become.
    SELECT u.rolname
    FROM reach
    CROSS JOIN named AS n
    JOIN pg_roles AS u ON u.oid = reach.oid AND (u.oid = n.app OR starts_with(u.rolname, 'tenant_'))
), visible AS (
    -- `$user` is the role that a scope has become.
    SELECT p.place, n.oid, n.nspname
    FROM path AS p
    CROSS JOIN named AS r
    JOIN pg_namespace AS n
        ON n.nspname = p.schema
        OR (p.schema = '$user' AND n.nspname IN (SELECT s.rolname FROM scoped AS s))
    WHERE r.app IS NOT NULL AND has_schema_privilege(r.app, n.oid, 'USAGE')
), meant AS (
    SELECT DISTINCT ON (w.name) w.schema, w.name AS table_name, c.oid, c.name
    FROM wanted AS w
    CROSS JOIN visible AS v
    JOIN relation AS c ON c.relnamespace = v.oid AND c.relname = w.name
    WHERE w.schema = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    -- Of two tenants' schemas, the one that hides counts.
    ORDER BY w.name, v.place, c.oid IN (SELECT r.oid FROM registered AS r WHERE r.tenant_column IS NOT NULL)
)
SELECT
    format('%I.%I', m.schema, m.table_name) AS object,
    format('by its bare name, %s is meant, by the search path %s', m.name, s.search_path) AS detail,
    NULL::text AS remedy
FROM meant AS m
CROSS JOIN setting AS s
WHERE m.name <> format('%I.%I', m.schema, m.table_name)
    AND m.oid NOT IN (SELECT r.oid FROM registered AS r WHERE r.tenant_column IS NOT NULL)
ORDER BY 1
