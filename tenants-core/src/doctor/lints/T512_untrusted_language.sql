SELECT
    f.name AS object,
    'is written in ' || l.lanname || ', which reaches files and programs of the server' AS detail,
    (
        SELECT string_agg(format('REVOKE EXECUTE ON ROUTINE %s FROM %s', f.name, g.name), '; ')
        FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS x
        JOIN grantee AS g ON g.oid = x.grantee
    ) AS remedy
FROM routine AS f
JOIN pg_language AS l ON l.oid = f.prolang AND l.lanispl AND NOT l.lanpltrusted
ORDER BY 1
