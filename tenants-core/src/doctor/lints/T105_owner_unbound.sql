SELECT
    p.name AS object,
    format(
        'its owner %s %s', u.name,
        CASE
            WHEN r.rolsuper THEN 'is a superuser'
            WHEN r.rolbypassrls THEN 'has BYPASSRLS'
            ELSE 'has the rights of the admin role'
        END
    ) AS detail,
    (
        SELECT format('ALTER TABLE %s OWNER TO %s', p.name, d.datdba::regrole)
        FROM pg_database AS d
        WHERE d.datname = current_database() AND d.datdba NOT IN (SELECT o.oid FROM unbound AS o)
    ) AS remedy
FROM protected AS p
JOIN unbound AS u ON u.oid = p.relowner
JOIN pg_roles AS r ON r.oid = u.oid
ORDER BY 1
