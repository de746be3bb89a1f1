-- All that `b` has and that tenants share: what `a` must not change.
SELECT pg_catalog.md5(pg_catalog.string_agg("line", '|' ORDER BY "line")) FROM (
    SELECT t::text FROM "public"."customers" AS t WHERE t."tenant" <> '{a}'
    UNION ALL SELECT t::text FROM "public"."invoices" AS t WHERE t."tenant" <> '{a}'
    UNION ALL SELECT t::text FROM "public"."visits" AS t WHERE t."tenant" <> '{a}'
    UNION ALL SELECT t::text FROM "public"."accounts" AS t WHERE t."tenant" <> '{a}'
    UNION ALL SELECT t::text FROM "public"."payments" AS t WHERE t."tenant" <> '{a}'
    UNION ALL SELECT t::text FROM "public"."plans" AS t
    UNION ALL SELECT t::text FROM "tenants"."tenant" AS t
    UNION ALL SELECT p::text FROM pg_catalog.pg_policies AS p
    UNION ALL SELECT p.oid || p.proname FROM pg_catalog.pg_proc AS p
        WHERE p.oid >= 16384 AND p.pronamespace::regnamespace::text !~ '^pg_temp'
    UNION ALL SELECT d::text FROM pg_catalog.pg_default_acl AS d
    UNION ALL SELECT m::text FROM pg_catalog.pg_largeobject AS m
    UNION ALL
        SELECT pg_catalog.format('%s %s %s %s %s', c.oid::regclass, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relacl)
        FROM pg_catalog.pg_class AS c
        WHERE c.oid >= 16384 AND c.relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
    UNION ALL SELECT n.nspname || n.nspacl::text FROM pg_catalog.pg_namespace AS n WHERE n.nspname !~ '^pg_(toast_)?temp'
    UNION ALL SELECT s.setrole || s.setconfig::text FROM pg_catalog.pg_db_role_setting AS s WHERE s.setdatabase IN (
        SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
    )
    UNION ALL SELECT m.roleid || ' ' || m.member FROM pg_catalog.pg_auth_members AS m
        WHERE m.member IN (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname IN ('tenants_app', 'app_login', '{role_a}'))
        AND m.roleid IN (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname IN ('tenants_admin', 'owner', '{role_b}'))
) AS "all" ("line")
