SELECT
    format('%s.%I', p.name, t.tgname) AS object,
    f.oid::regprocedure::text || ' ' || concat_ws(
        ', ',
        CASE WHEN f.prosecdef THEN 'runs with the rights of ' || f.proowner::regrole END,
        CASE WHEN f.proowner IN (SELECT r.oid FROM reach AS r) THEN 'belongs to a role that serves requests' END,
        CASE WHEN f.proname = 'triggered_change_notification' OR f.prosrc ~* '\m(pg_notify|notify)\M' THEN 'notifies other sessions' END
    ) AS detail,
    NULL::text AS remedy
FROM protected AS p
JOIN pg_trigger AS t ON t.tgrelid = p.oid AND NOT t.tgisinternal
JOIN pg_proc AS f ON f.oid = t.tgfoid
WHERE f.prosecdef
    OR f.proowner IN (SELECT r.oid FROM reach AS r)
    OR f.proname = 'triggered_change_notification'
    OR f.prosrc ~* '\m(pg_notify|notify)\M'
ORDER BY 1
