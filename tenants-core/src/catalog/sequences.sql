SELECT DISTINCT
    tn.nspname::text AS table_schema,
    c.relname::text AS table_name,
    sn.nspname::text AS schema,
    s.relname::text AS name,
    EXISTS (
        SELECT
        FROM pg_catalog.aclexplode(s.relacl) AS g
        JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
        WHERE u.rolname = $3 AND g.privilege_type = 'USAGE'
    ) AS app_usage,
    EXISTS (
        SELECT
        FROM pg_catalog.aclexplode(s.relacl) AS g
        JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
        WHERE u.rolname = $4 AND g.privilege_type = 'USAGE'
    ) AS admin_usage
FROM unnest($1::text[], $2::text[]) AS t (schema, name)
JOIN pg_catalog.pg_namespace AS tn ON tn.nspname = t.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = tn.oid AND c.relname = t.name
JOIN pg_catalog.pg_attrdef AS e ON e.adrelid = c.oid
-- The sequences that defaults draw from, as `serial` columns do. An identity column has no
-- default, and needs no grant.
JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
    AND d.objid = e.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
JOIN pg_catalog.pg_class AS s ON s.oid = d.refobjid AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace AS sn ON sn.oid = s.relnamespace
ORDER BY table_schema, table_name, schema, name
