DO $$
BEGIN
    CREATE ROLE "tenants_app" NOLOGIN;
EXCEPTION
    -- Another database of this cluster has it already, or makes it in this moment.
    WHEN duplicate_object OR unique_violation THEN
        NULL;
END
$$;
DO $$
BEGIN
    CREATE ROLE "tenants_admin" NOLOGIN;
EXCEPTION
    -- Another database of this cluster has it already, or makes it in this moment.
    WHEN duplicate_object OR unique_violation THEN
        NULL;
END
$$;
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'GRANT "tenants_app" TO "tenants_login" WITH INHERIT FALSE, SET TRUE';
    ELSE
        EXECUTE 'GRANT "tenants_app" TO "tenants_login"';
    END IF;
END
$$;
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'GRANT "tenants_admin" TO "tenants_support" WITH INHERIT FALSE, SET TRUE';
    ELSE
        EXECUTE 'GRANT "tenants_admin" TO "tenants_support"';
    END IF;
END
$$;
-- Roles belong to the whole cluster; what follows, to the database that you are connected to.
DO $$
BEGIN
    EXECUTE pg_catalog.format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', pg_catalog.current_database());
END
$$;
