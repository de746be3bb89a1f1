SELECT name AS text FROM pragma_table_info('tenants_tenant')
UNION ALL
SELECT 'a unique ' || c.name
FROM pragma_index_list('tenants_tenant') AS i
JOIN pragma_index_info(i.name) AS c
WHERE i."unique" AND NOT i.partial
    AND (SELECT count(*) FROM pragma_index_info(i.name)) = 1
UNION ALL
SELECT 'an id compared by its bytes'
FROM pragma_index_list('tenants_tenant') AS i
JOIN pragma_index_xinfo(i.name) AS c
WHERE i.origin = 'pk' AND c.key AND c.name = 'id' AND c.coll = 'BINARY'
