SELECT x.object, x.detail, NULL::text AS remedy
FROM cfg
CROSS JOIN named
CROSS JOIN LATERAL (
    VALUES
        (cfg.login, 'the login does not exist', named.login IS NULL),
        (cfg.app, 'the runtime role does not exist', named.app IS NULL),
        (cfg.admin, 'the admin role does not exist', named.admin IS NULL),
        (cfg.admin_login, 'the admin login does not exist', cfg.admin_login IS NOT NULL AND named.admin_login IS NULL),
        ('tenants.current_tenant()', 'the function does not exist', to_regprocedure('tenants.current_tenant()') IS NULL),
        ('tenants.admit(text)', 'the function does not exist', to_regprocedure('tenants.admit(text)') IS NULL),
        (cfg.login, 'may not become the runtime role', NOT pg_has_role(named.login, named.app, 'MEMBER')),
        (cfg.login, 'may not call `tenants.admit`', NOT has_function_privilege(named.login, to_regprocedure('tenants.admit(text)'), 'EXECUTE'))
) AS x (object, detail, is_so)
WHERE x.is_so
ORDER BY 1, 2
