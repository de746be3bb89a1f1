SELECT
    format('%s.%I', p.name, p.tenant_column) AS object,
    CASE
        WHEN a.attnum IS NULL THEN 'there is no such column'
        WHEN a.attgenerated <> '' OR a.attidentity <> '' THEN 'is a generated or identity column, which no policy can fill'
        WHEN NOT coalesce(o.collisdeterministic, true) THEN 'has a nondeterministic collation, in which two tenants can be equal'
        ELSE 'allows NULL, and nobody sees such a row'
    END AS detail,
    CASE
        WHEN a.attnum IS NULL OR a.attgenerated <> '' OR a.attidentity <> '' OR NOT coalesce(o.collisdeterministic, true) THEN NULL
        ELSE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', p.name, p.tenant_column)
    END AS remedy
FROM protected AS p
LEFT JOIN pg_attribute AS a ON a.attrelid = p.oid AND a.attnum = p.attnum
LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
WHERE p.relkind IN ('r', 'p')
    AND (
        a.attnum IS NULL OR NOT a.attnotnull OR a.attgenerated <> '' OR a.attidentity <> ''
        OR NOT coalesce(o.collisdeterministic, true)
    )
ORDER BY 1
