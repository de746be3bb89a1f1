WITH RECURSIVE registered AS (
    SELECT c.oid, t.tenant_column
    FROM unnest($1::text[], $2::text[], $3::text[]) AS t (schema, name, tenant_column)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
    -- An index or composite type may have the name of a table that is not there.
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
), tree AS (
    SELECT oid AS root, oid, tenant_column FROM registered
    UNION
    SELECT t.root, i.inhrelid, t.tenant_column
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
    -- A child that is registered itself is asked for by its own name.
    WHERE i.inhrelid NOT IN (SELECT oid FROM registered)
), lineage AS (
    SELECT i.inhrelid AS oid, i.inhparent AS ancestor
    FROM pg_catalog.pg_inherits AS i
    UNION
    SELECT l.oid, i.inhparent
    FROM lineage AS l
    JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = l.ancestor
), inherited AS (
    SELECT l.oid, array_agg(n.nspname::text ORDER BY l.ancestor) AS schemas, array_agg(c.relname::text ORDER BY l.ancestor) AS names
    FROM lineage AS l
    JOIN registered AS g ON g.oid = l.ancestor
    JOIN pg_catalog.pg_class AS c ON c.oid = l.ancestor
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    GROUP BY l.oid
)
SELECT DISTINCT ON (schema, name)
    n.nspname::text AS schema,
    c.relname::text AS name,
    rn.nspname::text AS root_schema,
    r.relname::text AS root_name,
    coalesce(e.schemas, '{}') AS ancestor_schemas,
    coalesce(e.names, '{}') AS ancestor_names,
    c.relkind::text AS kind,
    c.relrowsecurity AS row_security,
    c.relforcerowsecurity AS force_row_security,
    EXISTS (SELECT FROM pg_catalog.pg_roles AS u WHERE u.oid = c.relowner AND u.rolname = $4) AS is_owned_by_app,
    pg_catalog.quote_ident(a.attname) AS column_quoted_name,
    pg_catalog.format_type(a.atttypid, NULL) AS column_type_name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS column_full_type,
    NOT coalesce(o.collisdeterministic, true) AS column_is_ambiguous,
    a.attgenerated <> '' OR a.attidentity <> '' AS column_is_generated,
    a.attnotnull AS column_not_null,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS column_default,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_index AS x
        JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
        JOIN pg_catalog.pg_am AS m ON m.oid = i.relam
        WHERE x.indrelid = c.oid
            AND x.indkey[0] = a.attnum
            AND x.indisvalid
            AND x.indpred IS NULL
            AND m.amname = 'btree'
    ) AS column_leads_index,
    coalesce(x.names, '{}') AS column_index_names,
    coalesce(x.are_valid, '{}') AS column_indexes_are_valid,
    coalesce(k.names, '{}') AS column_check_names,
    coalesce(k.are_valid, '{}') AS column_checks_are_valid,
    ARRAY(
        SELECT g.privilege_type
        FROM pg_catalog.aclexplode(c.relacl) AS g
        JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
        WHERE u.rolname = $4
    ) AS app_privileges,
    ARRAY(
        SELECT g.privilege_type
        FROM pg_catalog.aclexplode(c.relacl) AS g
        JOIN pg_catalog.pg_roles AS u ON u.oid = g.grantee
        WHERE u.rolname = $5
    ) AS admin_privileges
FROM tree AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS r ON r.oid = t.root
JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
LEFT JOIN inherited AS e ON e.oid = c.oid
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attname = t.tenant_column AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation AS o ON o.oid = a.attcollation
LEFT JOIN LATERAL (
    SELECT
        array_agg(i.relname::text ORDER BY i.relname) AS names,
        array_agg(x.indisvalid ORDER BY i.relname) AS are_valid
    FROM pg_catalog.pg_index AS x
    JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_am AS m ON m.oid = i.relam AND m.amname = 'btree'
    JOIN pg_catalog.pg_opclass AS p ON p.oid = x.indclass[0] AND p.opcdefault
    WHERE x.indrelid = c.oid
        AND x.indnatts = 1
        AND x.indkey[0] = a.attnum
        AND x.indcollation[0] = a.attcollation
        AND x.indoption[0] = 0
        AND NOT x.indisunique
        AND x.indpred IS NULL
) AS x ON true
LEFT JOIN LATERAL (
    SELECT
        array_agg(k.conname::text ORDER BY k.conname) AS names,
        array_agg(k.convalidated ORDER BY k.conname) AS are_valid
    FROM pg_catalog.pg_constraint AS k
    WHERE k.conrelid = c.oid
        AND k.contype = 'c'
        AND pg_catalog.pg_get_expr(k.conbin, k.conrelid)
            = pg_catalog.format('(%I IS NOT NULL)', a.attname)
) AS k ON true
ORDER BY schema, name, root_schema, root_name
