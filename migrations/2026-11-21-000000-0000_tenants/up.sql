-- The schema `tenants` exists already: the call that applies these migrations makes it first,
-- because Diesel's table of applied migrations lives in it too (see migrations/README.md).
-- Nobody but the owner may use anything here; `tenants setup` grants what each role needs.

CREATE TABLE "tenants"."tenant" (
    -- "C": two ids are the same only if their bytes are.
    "id" text COLLATE "C" PRIMARY KEY CHECK ("id" <> '' AND octet_length("id") <= 255),
    "status" text NOT NULL DEFAULT 'active' CHECK ("status" IN ('active', 'suspended', 'deleted')),
    "created_at" timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The one seam that all policies and column defaults name. Inlinable: no SECURITY DEFINER, no SET.
-- After a transaction that set it, a custom setting reads '', not NULL.
CREATE FUNCTION "tenants"."current_tenant"() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(pg_catalog.current_setting('tenants.tenant', true), '');

-- Refuses, with a reason that clients read from the constraint name of the error.
CREATE FUNCTION "tenants"."refuse"("reason" text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CASE "reason"
        WHEN 'tenants_unknown_tenant' THEN
            RAISE EXCEPTION 'there is no such tenant' USING ERRCODE = 'TN001', CONSTRAINT = "reason";
        WHEN 'tenants_inactive_tenant' THEN
            RAISE EXCEPTION 'the tenant is not active' USING ERRCODE = 'TN002', CONSTRAINT = "reason";
        WHEN 'tenants_deleted_tenant' THEN
            RAISE EXCEPTION 'the tenant was deleted; restore it to use it again' USING ERRCODE = 'TN003', CONSTRAINT = "reason";
        WHEN 'tenants_tenant_exists' THEN
            RAISE EXCEPTION 'the tenant exists already' USING ERRCODE = 'TN004', CONSTRAINT = "reason";
        WHEN 'tenants_open_transaction' THEN
            RAISE EXCEPTION 'a transaction was left open on a pooled connection' USING ERRCODE = 'TN005', CONSTRAINT = "reason";
        WHEN 'tenants_scope_lost' THEN
            RAISE EXCEPTION 'the role or tenant of this transaction was changed' USING ERRCODE = 'TN006', CONSTRAINT = "reason";
        WHEN 'tenants_unfit_role' THEN
            RAISE EXCEPTION 'the tenant''s role was made by somebody else, or may do more than a tenant role' USING ERRCODE = 'TN007', CONSTRAINT = "reason";
        WHEN 'tenants_role_in_use' THEN
            RAISE EXCEPTION 'the tenant''s role is a member of another role than the runtime role' USING ERRCODE = 'TN008', CONSTRAINT = "reason";
        WHEN 'tenants_role_refused' THEN
            RAISE EXCEPTION 'the tenant''s role could not be made or granted' USING ERRCODE = 'TN009', CONSTRAINT = "reason";
        WHEN 'tenants_long_id' THEN
            RAISE EXCEPTION 'the tenant''s id is too long for the name of a role' USING ERRCODE = 'TN010', CONSTRAINT = "reason";
    END CASE;
END
$$;

-- Only checks. It must never set the tenant: a setter would be a new set_config.
CREATE FUNCTION "tenants"."admit"("tenant" text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_status text;
BEGIN
    SELECT t."status" INTO found_status FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    IF NOT FOUND THEN
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    ELSIF found_status <> 'active' THEN
        PERFORM "tenants"."refuse"('tenants_inactive_tenant');
    END IF;
END
$$;

CREATE FUNCTION "tenants"."ensure_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The usual case takes no lock and leaves no dead row.
    PERFORM FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    IF NOT FOUND THEN
        INSERT INTO "tenants"."tenant" ("id") VALUES ("tenant") ON CONFLICT ("id") DO NOTHING;
    END IF;
END
$$;

CREATE FUNCTION "tenants"."create_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_status text;
BEGIN
    INSERT INTO "tenants"."tenant" ("id") VALUES ("tenant") ON CONFLICT ("id") DO NOTHING;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT t."status" INTO found_status FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    -- Nobody inherits the rows that a deleted tenant left.
    PERFORM "tenants"."refuse"(
        CASE found_status WHEN 'deleted' THEN 'tenants_deleted_tenant' ELSE 'tenants_tenant_exists' END
    );
END
$$;

-- Makes the role of a tenant that is there, or gives it back what it lacks, with the rights of the
-- caller, who needs CREATEROLE. It touches no row and can be run again: on a database that was switched
-- to one role per tenant, or restored into another cluster, tenants are there and their roles are not.
-- No message names the tenant: errors go to logs.
CREATE FUNCTION "tenants"."provision_role"("tenant" text, "app" text, "login" text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant_role text := 'tenant_' || "tenant";
    inherits text := '';
    assumes text := '';
    role_id oid;
BEGIN
    IF octet_length(tenant_role) > 63 THEN
        PERFORM "tenants"."refuse"('tenants_long_id');
    END IF;
    IF NOT "tenants"."tenant_exists"("tenant") THEN
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    END IF;
    IF current_setting('server_version_num')::int >= 160000 THEN
        inherits := ' WITH INHERIT TRUE, SET FALSE';
        assumes := ' WITH INHERIT FALSE, SET TRUE';
    END IF;
    -- Roles are shared by all databases of the cluster, so another one may be at the same role.
    FOR attempt IN 1..10 LOOP
        BEGIN
            SELECT r.oid INTO role_id FROM pg_roles AS r WHERE r.rolname = tenant_role;
            IF NOT FOUND THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN INHERIT', tenant_role);
                -- Only who may administer the role can write this, so it says who made it.
                EXECUTE format('COMMENT ON ROLE %I IS %L', tenant_role, 'tenants: made by provision_tenant');
                SELECT r.oid INTO role_id FROM pg_roles AS r WHERE r.rolname = tenant_role;
            ELSIF shobj_description(role_id, 'pg_authid') IS DISTINCT FROM 'tenants: made by provision_tenant' THEN
                -- Somebody else made it for another purpose: it may own tables or have other members.
                PERFORM "tenants"."refuse"('tenants_unfit_role');
            END IF;
            -- A tenant role that was given more since is none any more.
            PERFORM FROM pg_roles AS r WHERE r.oid = role_id AND (
                r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb
                OR r.rolcanlogin OR r.rolreplication
            );
            IF FOUND THEN
                PERFORM "tenants"."refuse"('tenants_unfit_role');
            END IF;
            -- Whatever another role may do here, this one would do in the tenant's name. It may be
            -- the runtime role of another database, or one that an administrator granted.
            PERFORM FROM pg_auth_members AS m
                JOIN pg_roles AS g ON g.oid = m.roleid
                WHERE m.member = role_id AND g.rolname <> "app";
            IF FOUND THEN
                PERFORM "tenants"."refuse"('tenants_role_in_use');
            END IF;
            IF NOT pg_has_role(role_id, "app", 'USAGE') THEN
                EXECUTE format('GRANT %I TO %I%s', "app", tenant_role, inherits);
            END IF;
            PERFORM FROM pg_auth_members AS m
                WHERE m.roleid = role_id AND m.member = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = "login")
                    -- Up to PostgreSQL 15 a membership has no options of its own.
                    AND COALESCE((to_jsonb(m) ->> 'set_option')::boolean, true);
            IF NOT FOUND THEN
                EXECUTE format('GRANT %I TO %I%s', tenant_role, "login", assumes);
            END IF;
            RETURN;
        EXCEPTION
            -- The server's own messages would name the role, and with it the tenant.
            WHEN insufficient_privilege OR invalid_grant_operation THEN
                PERFORM "tenants"."refuse"('tenants_role_refused');
            -- internal_error: "tuple concurrently updated"
            WHEN duplicate_object OR unique_violation OR internal_error THEN
                IF attempt = 10 THEN
                    PERFORM "tenants"."refuse"('tenants_role_refused');
                END IF;
                PERFORM pg_sleep(0.01 * attempt);
        END;
    END LOOP;
END
$$;

-- The same for all tenants. Each in a transaction of its own: a role takes a lock until its end, and
-- PostgreSQL 18 ran out of them between ten and twenty thousand.
CREATE PROCEDURE "tenants"."provision_roles"("app" text, "login" text)
    LANGUAGE plpgsql
AS $$
DECLARE
    tenant pg_catalog.text;
BEGIN
    -- A procedure with a search_path of its own cannot commit, so nothing here depends on one.
    FOR tenant IN SELECT t FROM "tenants"."list_tenants"() AS t LOOP
        PERFORM "tenants"."provision_role"(tenant, "app", "login");
        COMMIT;
    END LOOP;
END
$$;

-- Creates a tenant together with its role, with the rights of the caller, who needs CREATEROLE.
-- Isolation by one role per tenant alone uses it.
CREATE FUNCTION "tenants"."provision_tenant"("tenant" text, "app" text, "login" text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM "tenants"."create_tenant"("tenant");
    PERFORM "tenants"."provision_role"("tenant", "app", "login");
END
$$;

CREATE FUNCTION "tenants"."delete_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE "tenants"."tenant" AS t SET "status" = 'deleted'
        WHERE t."id" = "tenant" AND t."status" <> 'deleted';
    IF NOT FOUND THEN
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    END IF;
END
$$;

CREATE FUNCTION "tenants"."restore_tenant"("tenant" text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE "tenants"."tenant" AS t SET "status" = 'active'
        WHERE t."id" = "tenant" AND t."status" = 'deleted';
    IF NOT FOUND THEN
        PERFORM FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
        PERFORM "tenants"."refuse"(
            CASE WHEN FOUND THEN 'tenants_tenant_exists' ELSE 'tenants_unknown_tenant' END
        );
    END IF;
END
$$;

-- Restores a tenant together with its role: its database may have been switched or moved meanwhile.
CREATE FUNCTION "tenants"."restore_tenant"("tenant" text, "app" text, "login" text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM "tenants"."restore_tenant"("tenant");
    PERFORM "tenants"."provision_role"("tenant", "app", "login");
END
$$;

CREATE FUNCTION "tenants"."tenant_exists"("tenant" text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (
        SELECT FROM "tenants"."tenant" AS t WHERE t."id" = "tenant" AND t."status" <> 'deleted'
    );

CREATE FUNCTION "tenants"."list_tenants"() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT t."id" FROM "tenants"."tenant" AS t WHERE t."status" <> 'deleted' ORDER BY t."id";
END;

-- `current_tenant` and `refuse` tell nothing and change nothing; the rest is for the login alone.
REVOKE EXECUTE ON FUNCTION
    "tenants"."admit"(text),
    "tenants"."ensure_tenant"(text),
    "tenants"."create_tenant"(text),
    "tenants"."provision_role"(text, text, text),
    "tenants"."provision_tenant"(text, text, text),
    "tenants"."delete_tenant"(text),
    "tenants"."restore_tenant"(text),
    "tenants"."restore_tenant"(text, text, text),
    "tenants"."tenant_exists"(text),
    "tenants"."list_tenants"()
    FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE "tenants"."provision_roles"(text, text) FROM PUBLIC;
