WITH RECURSIVE registered AS (
    SELECT c.oid
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
), tree AS (
    SELECT r.oid, r.oid AS root FROM registered AS r
    UNION
    SELECT i.inhrelid, t.root
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
), state AS (
    -- Each policy lets through what it shows, whatever stands beside an observing one.
    SELECT
        t.root,
        pg_catalog.bool_or(p.observes) AS observes,
        pg_catalog.bool_and(c.relrowsecurity AND p.observes) AS observes_all,
        pg_catalog.bool_and(c.relrowsecurity AND p.enforces) AS enforces_all,
        pg_catalog.max(p.since) AS since
    FROM tree AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
    CROSS JOIN LATERAL (
        SELECT
            COALESCE(pg_catalog.bool_or(y.polname = 'tenants_observe'), false) AS observes,
            COALESCE(pg_catalog.bool_or(y.polname = 'tenants_guard' AND NOT y.polpermissive), false) AS enforces,
            pg_catalog.max(substring(pg_catalog.obj_description(y.oid, 'pg_policy') FROM 'since (.*)'))
                FILTER (WHERE y.polname = 'tenants_observe') AS since
        FROM pg_catalog.pg_policy AS y
        WHERE y.polrelid = c.oid
    ) AS p
    GROUP BY t.root
)
SELECT
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS "table",
    CASE
        WHEN s.observes_all THEN 'observed'
        WHEN s.enforces_all AND NOT s.observes THEN 'enforced'
        ELSE 'open'
    END AS "state",
    CASE WHEN s.observes THEN s.since END AS "since"
FROM state AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.root
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY "table"
