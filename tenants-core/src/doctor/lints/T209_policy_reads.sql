SELECT DISTINCT
    format('%s.%I', p.name, y.polname) AS object,
    'reads ' || c.name AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_policy AS y ON y.polrelid = p.oid
JOIN pg_depend AS d
    ON d.classid = 'pg_policy'::regclass AND d.objid = y.oid AND d.refclassid = 'pg_class'::regclass
JOIN relation AS c ON c.oid = d.refobjid AND c.oid <> p.oid
ORDER BY 1, 2
