-- Writes a query for each foreign key, which says whether a row breaks it.
, pair AS (
    SELECT
        p.name AS table_name, k.conname, f.name AS referenced,
        CASE p.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || p.name AS own,
        string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ' ORDER BY u.place) AS present,
        string_agg(format('p.%I = c.%I', b.attname, a.attname), ' AND ' ORDER BY u.place) AS matches,
        format('p.%I <> c.%I', f.tenant_column, p.tenant_column) AS other_tenant,
        bool_or(u.own = p.attnum AND u.other = f.attnum) AS has_tenant,
        p.atttypid = f.atttypid AS is_comparable
    FROM protected AS p
    JOIN pg_constraint AS k ON k.conrelid = p.oid AND k.contype = 'f' AND k.conparentid = 0
    JOIN protected AS f ON f.oid = k.confrelid
    CROSS JOIN LATERAL ROWS FROM (unnest(k.conkey), unnest(k.confkey)) WITH ORDINALITY AS u (own, other, place)
    JOIN pg_attribute AS a ON a.attrelid = p.oid AND a.attnum = u.own
    JOIN pg_attribute AS b ON b.attrelid = f.oid AND b.attnum = u.other
    GROUP BY k.oid, p.name, p.relkind, k.conname, f.name, f.tenant_column, p.tenant_column, p.atttypid, f.atttypid
)
SELECT
    format('%s.%I', r.table_name, r.conname) AS object,
    'rows reference rows of ' || r.referenced || ' that are not there' AS detail,
    format(
        'SELECT EXISTS (SELECT FROM %s AS c WHERE %s AND NOT EXISTS (SELECT FROM %s AS p WHERE %s)) AS "is_broken"',
        r.own, r.present, r.referenced, r.matches
    ) AS query
FROM pair AS r
UNION ALL
SELECT
    format('%s.%I', r.table_name, r.conname),
    'rows reference rows of ' || r.referenced || ' that belong to other tenants',
    format(
        'SELECT EXISTS (SELECT FROM %s AS c JOIN %s AS p ON %s WHERE %s) AS "is_broken"',
        r.own, r.referenced, r.matches, r.other_tenant
    )
FROM pair AS r
WHERE NOT r.has_tenant AND r.is_comparable
ORDER BY 1, 2
