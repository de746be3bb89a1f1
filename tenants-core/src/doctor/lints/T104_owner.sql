, owned AS (
    SELECT c.name AS object, c.relowner AS owner, 'TABLE' AS kind
    FROM relation AS c
    WHERE c.oid IN (SELECT t.oid FROM tree AS t UNION ALL SELECT a.oid FROM around AS a)
        OR (c.nspname = 'tenants' AND c.relkind IN ('r', 'p', 'v', 'm'))
    UNION ALL
    SELECT p.oid::regprocedure::text, p.proowner, 'ROUTINE'
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = 'tenants'
    UNION ALL
    SELECT quote_ident(n.nspname), n.nspowner, 'SCHEMA'
    FROM pg_namespace AS n
    WHERE n.nspname = 'tenants' OR n.nspname IN (SELECT w.schema FROM wanted AS w)
    UNION ALL
    SELECT quote_ident(d.datname), d.datdba, 'DATABASE'
    FROM pg_database AS d
    WHERE d.datname = current_database()
)
SELECT
    o.object,
    'is owned by ' || o.owner::regrole AS detail,
    -- Whose membership makes an owner stops being one; what the login itself or a role of scoped code owns,
    -- the owner of the database takes over.
    CASE
        WHEN o.owner NOT IN (n.login, n.app) AND NOT starts_with(o.owner::regrole::text, 'tenant_')
        THEN (
            SELECT string_agg(m.revoke, '; ')
            FROM membership AS m
            WHERE m.roleid = o.owner AND m.member IN (SELECT r.oid FROM reach AS r)
        )
        WHEN d.datdba IN (SELECT r.oid FROM reach AS r) THEN NULL
        ELSE format('ALTER %s %s OWNER TO %s', o.kind, o.object, d.datdba::regrole)
    END AS remedy
FROM owned AS o
CROSS JOIN named AS n
JOIN pg_database AS d ON d.datname = current_database()
WHERE o.owner IN (SELECT r.oid FROM reach AS r)
ORDER BY 1
