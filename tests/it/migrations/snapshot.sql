SELECT line FROM (
    SELECT format('schema %I acl %s', n.nspname, acl) AS line
    FROM pg_namespace AS n
    CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS acl
    WHERE n.nspname !~ '^(pg_|information_schema)'
    UNION ALL
    SELECT format('relation %s kind %s rls %s force %s', c.oid::regclass, c.relkind, c.relrowsecurity, c.relforcerowsecurity)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)'
    UNION ALL
    SELECT format('relation %s acl %s', c.oid::regclass, acl)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL aclexplode(
        coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
    ) AS acl
    WHERE n.nspname !~ '^(pg_|information_schema)' AND c.relkind IN ('r', 'p', 'v', 'S')
    UNION ALL
    SELECT format('column %s.%I %s not null %s default %s acl %s', c.oid::regclass, a.attname,
        format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
        ARRAY(SELECT acl::text FROM unnest(a.attacl) AS acl ORDER BY 1))
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE n.nspname !~ '^(pg_|information_schema)' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT format('policy %s %I %s %s %s using %s check %s', p.polrelid::regclass, p.polname, p.polpermissive,
        p.polcmd, ARRAY(SELECT r::regrole::text FROM unnest(p.polroles) AS r ORDER BY 1), pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy AS p
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(x.indexrelid))
    FROM pg_index AS x
    JOIN pg_class AS c ON c.oid = x.indrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)'
    UNION ALL
    SELECT format('index %s options %s tablespace %s clustered %s valid %s', i.oid::regclass,
        i.reloptions, i.reltablespace, x.indisclustered, x.indisvalid)
    FROM pg_index AS x
    JOIN pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_namespace AS n ON n.oid = i.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)'
    UNION ALL
    SELECT format('relation %s is part of %s', i.inhrelid::regclass, i.inhparent::regclass)
    FROM pg_inherits AS i
    UNION ALL
    SELECT format('comment on %s: %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
    FROM pg_description AS d
    -- A policy that observes says since when, which is anew once it is restored.
    WHERE d.objoid >= 16384 AND NOT (d.classoid = 'pg_policy'::regclass AND d.description LIKE 'since %')
    UNION ALL
    SELECT format('constraint %s %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint AS k
    WHERE k.conrelid <> 0 AND k.connamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL
    SELECT format('view %s options %s', c.oid::regclass, c.reloptions)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)' AND c.relkind = 'v'
    UNION ALL
    SELECT format('function %s', pg_get_functiondef(p.oid))
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^(pg_|information_schema)' AND p.prokind IN ('f', 'p')
    UNION ALL
    SELECT format('function %s acl %s', p.oid::regprocedure, acl)
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS acl
    WHERE n.nspname !~ '^(pg_|information_schema)'
) AS snapshot
ORDER BY line COLLATE "C"
