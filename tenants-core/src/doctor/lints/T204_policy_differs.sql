, expected AS (
    SELECT p.oid, p.name AS table_name, x.policy, x.is_permissive, x.role, x.role_oid, x.condition
    FROM protected AS p
    CROSS JOIN cfg
    CROSS JOIN named AS n
    CROSS JOIN LATERAL (
        -- Signed, both policies ask, on all tables: where one does not, rows are found by a tenant that the statement
        -- can change.
        SELECT CASE
            WHEN EXISTS (SELECT FROM proof) THEN format(
                '( SELECT %s AS verified_tenant)',
                replace(p.tenant, 'tenants.current_tenant()', 'tenants.verified_tenant()')
            )
            ELSE p.tenant
        END AS tenant
    ) AS t
    CROSS JOIN LATERAL (
        VALUES
            ('tenants_isolation', true, 'PUBLIC', 0::oid, format('(%s = %s)', p.compared, t.tenant)),
            ('tenants_guard', false, quote_ident(cfg.app), n.app, format('(%s = %s)', p.compared, t.tenant)),
            ('tenants_admin', true, quote_ident(cfg.admin), n.admin, 'true')
    ) AS x (policy, is_permissive, role, role_oid, condition)
    WHERE p.relkind IN ('r', 'p') AND p.attnum IS NOT NULL
)
SELECT
    format('%s.%I', e.table_name, e.policy) AS object,
    CASE
        WHEN l.oid IS NULL THEN 'the policy is missing'
        ELSE format(
            'the policy is another one: AS %s FOR %s TO %s USING (%s) WITH CHECK (%s)',
            CASE WHEN l.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE l.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END,
            (
                SELECT string_agg(CASE r.role WHEN 0 THEN 'PUBLIC' ELSE r.role::regrole::text END, ', ')
                FROM unnest(l.polroles) AS r (role)
            ),
            coalesce(pg_get_expr(l.polqual, l.polrelid), '-'),
            coalesce(pg_get_expr(l.polwithcheck, l.polrelid), '-')
        )
    END AS detail,
    concat_ws(
        '; ',
        CASE WHEN l.oid IS NOT NULL THEN format('DROP POLICY %I ON %s', e.policy, e.table_name) END,
        format(
            'CREATE POLICY %I ON %s AS %s FOR ALL TO %s USING (%s) WITH CHECK (%s)',
            e.policy, e.table_name, CASE WHEN e.is_permissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            e.role, e.condition, e.condition
        )
    ) AS remedy
FROM expected AS e
LEFT JOIN pg_policy AS l ON l.polrelid = e.oid AND l.polname = e.policy
WHERE l.oid IS NULL
    OR l.polpermissive <> e.is_permissive
    OR l.polcmd <> '*'
    OR l.polroles IS DISTINCT FROM ARRAY[e.role_oid]
    OR pg_get_expr(l.polqual, l.polrelid) IS DISTINCT FROM e.condition
    OR pg_get_expr(l.polwithcheck, l.polrelid) IS DISTINCT FROM e.condition
ORDER BY 1
