SELECT
    n.nspname::text AS name,
    -- By membership or as PUBLIC, too: a right that is there need not be granted.
    coalesce(pg_catalog.has_schema_privilege(app.oid, n.oid, 'USAGE'), false) AS app_usage,
    coalesce(pg_catalog.has_schema_privilege(admin.oid, n.oid, 'USAGE'), false) AS admin_usage,
    ARRAY(
        SELECT c.relname::text
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = n.oid
    ) AS relation_names
FROM pg_catalog.pg_namespace AS n
LEFT JOIN pg_catalog.pg_roles AS app ON app.rolname = $2
LEFT JOIN pg_catalog.pg_roles AS admin ON admin.rolname = $3
WHERE n.nspname = ANY ($1::text[])
ORDER BY name
