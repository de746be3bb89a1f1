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
            RAISE EXCEPTION 'the tenant''s role exists and may do more than a tenant role' USING ERRCODE = 'TN007', CONSTRAINT = "reason";
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

-- Creates a tenant together with its role, with the rights of the caller, who needs CREATEROLE.
-- Isolation by one role per tenant alone uses it.
CREATE FUNCTION "tenants"."provision_tenant"("tenant" text, "app" text, "login" text) RETURNS void
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
        PERFORM "tenants"."refuse"('tenants_unfit_role');
    END IF;
    IF current_setting('server_version_num')::int >= 160000 THEN
        inherits := ' WITH INHERIT TRUE, SET FALSE';
        assumes := ' WITH INHERIT FALSE, SET TRUE';
    END IF;
    PERFORM "tenants"."create_tenant"("tenant");
    -- Roles are shared by all databases of the cluster, so another one may be at the same role.
    FOR attempt IN 1..10 LOOP
        BEGIN
            SELECT r.oid INTO role_id FROM pg_roles AS r WHERE r.rolname = tenant_role;
            IF NOT FOUND THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN INHERIT', tenant_role);
                SELECT r.oid INTO role_id FROM pg_roles AS r WHERE r.rolname = tenant_role;
            END IF;
            -- A role that somebody else made for another purpose is no tenant role.
            PERFORM FROM pg_roles AS r WHERE r.oid = role_id AND (
                r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb
                OR r.rolcanlogin OR r.rolreplication
                OR EXISTS (
                    SELECT FROM pg_auth_members AS m
                    JOIN pg_roles AS g ON g.oid = m.roleid
                    WHERE m.member = r.oid AND g.rolname <> "app"
                )
            );
            IF FOUND THEN
                PERFORM "tenants"."refuse"('tenants_unfit_role');
            END IF;
            IF NOT pg_has_role(role_id, "app", 'MEMBER') THEN
                EXECUTE format('GRANT %I TO %I%s', "app", tenant_role, inherits);
            END IF;
            PERFORM FROM pg_auth_members AS m
                WHERE m.roleid = role_id AND m.member = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = "login");
            IF NOT FOUND THEN
                EXECUTE format('GRANT %I TO %I%s', tenant_role, "login", assumes);
            END IF;
            RETURN;
        EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
            -- internal_error: "tuple concurrently updated"
            IF attempt = 10 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.01 * attempt);
        END;
    END LOOP;
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
    "tenants"."provision_tenant"(text, text, text),
    "tenants"."delete_tenant"(text),
    "tenants"."restore_tenant"(text),
    "tenants"."tenant_exists"(text),
    "tenants"."list_tenants"()
    FROM PUBLIC;
