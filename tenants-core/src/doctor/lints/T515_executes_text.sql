-- By the text of the function, so it also finds what only looks alike.
SELECT
    f.name AS object,
    'joins text with `||` and runs it' AS detail,
    NULL::text AS remedy
FROM routine AS f
JOIN pg_language AS l ON l.oid = f.prolang AND l.lanname = 'plpgsql'
WHERE f.prosrc ~* '\mexecute\M[^;]*\|\|'
ORDER BY 1
