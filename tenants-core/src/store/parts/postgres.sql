SELECT a.attname::text AS "text"
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass('"tenants"."tenant"') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'a unique ' || a.attname
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = pg_catalog.to_regclass('"tenants"."tenant"')
    AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL
UNION ALL
SELECT 'an id compared by its bytes'
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation
WHERE a.attrelid = pg_catalog.to_regclass('"tenants"."tenant"') AND a.attname = 'id' AND c.collisdeterministic
