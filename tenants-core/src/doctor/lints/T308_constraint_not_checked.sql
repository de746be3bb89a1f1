SELECT
    format('%s.%I', p.name, k.conname) AS object,
    'is not validated' AS detail,
    -- Under FORCE the owner sees no rows, and the server reports as valid what it did not see.
    concat_ws(
        '; ',
        format('BEGIN; ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', p.name),
        'ALTER TABLE ' || f.name || ' NO FORCE ROW LEVEL SECURITY',
        format('ALTER TABLE %s VALIDATE CONSTRAINT %I', p.name, k.conname),
        'ALTER TABLE ' || f.name || ' FORCE ROW LEVEL SECURITY',
        format('ALTER TABLE %s FORCE ROW LEVEL SECURITY; COMMIT', p.name)
    ) AS remedy
FROM protected AS p
JOIN pg_constraint AS k ON k.conrelid = p.oid AND NOT k.convalidated
LEFT JOIN protected AS f ON f.oid = k.confrelid AND f.oid <> p.oid AND f.relforcerowsecurity
-- From PostgreSQL 18 on, a constraint may be there without being enforced, and is then never valid.
WHERE coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
UNION ALL
SELECT format('%s.%I', p.name, k.conname), 'is not enforced', NULL
FROM protected AS p
JOIN pg_constraint AS k ON k.conrelid = p.oid
WHERE NOT coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
UNION ALL
SELECT
    format('%s.%I', p.name, t.tgname),
    'a trigger that checks a foreign key is disabled',
    format('ALTER TABLE %s ENABLE TRIGGER %I', p.name, t.tgname)
FROM protected AS p
JOIN pg_trigger AS t ON t.tgrelid = p.oid AND t.tgisinternal AND t.tgenabled IN ('D', 'R')
ORDER BY 1
