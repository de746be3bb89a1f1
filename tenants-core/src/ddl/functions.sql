-- Written by a test (`BLESS=1`), as the server writes down what `migrations/` makes.

-- tenants.add_scope_key()
CREATE OR REPLACE FUNCTION tenants.add_scope_key(OUT key_id text, OUT secret text)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    -- 122 random bits each, of which the hash keeps 256.
    random bytea := sha256(
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    );
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR i IN 0..31 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(random, i));
        outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(random, i));
    END LOOP;
    "key_id" := substr(encode(uuid_send(gen_random_uuid()), 'hex'), 1, 8);
    "secret" := encode(random, 'hex');
    INSERT INTO "tenants"."scope_key" ("id", "inner_pad", "outer_pad") VALUES ("key_id", inner_pad, outer_pad);
END
$function$;

-- tenants.admit(text)
CREATE OR REPLACE FUNCTION tenants.admit(tenant text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    found_status text;
BEGIN
    SELECT t."status" INTO found_status FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    IF found_status = 'active' THEN
        RETURN;
    ELSIF found_status = 'suspended' THEN
        PERFORM "tenants"."refuse"('tenants_suspended_tenant');
    ELSIF found_status <> 'purged' THEN
        PERFORM "tenants"."refuse"('tenants_inactive_tenant');
    ELSE
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    END IF;
END
$function$;

-- tenants.create_tenant(text)
CREATE OR REPLACE FUNCTION tenants.create_tenant(tenant text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
        CASE WHEN found_status IN ('deleted', 'purged') THEN 'tenants_deleted_tenant' ELSE 'tenants_tenant_exists' END
    );
END
$function$;

-- tenants.current_tenant()
CREATE OR REPLACE FUNCTION tenants.current_tenant()
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN NULLIF(current_setting('tenants.tenant'::text, true), ''::text);

-- tenants.current_tenant()
CREATE OR REPLACE FUNCTION tenants.current_tenant()
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN starts_with((CURRENT_USER)::text, 'tenant_'::text) THEN substr((CURRENT_USER)::text, 8) ELSE NULL::text END;

-- tenants.delete_tenant(text)
CREATE OR REPLACE FUNCTION tenants.delete_tenant(tenant text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE "tenants"."tenant" AS t
    SET
        "status" = 'deleted',
        "restores_to" = CASE t."status" WHEN 'active' THEN 'active' ELSE 'suspended' END,
        "version" = t."version" + 1,
        "updated_at" = greatest(t."updated_at", clock_timestamp())
    WHERE t."id" = "tenant" AND t."status" NOT IN ('deleted', 'purged');
    IF NOT FOUND THEN
        PERFORM "tenants"."refuse"('tenants_unknown_tenant');
    END IF;
END
$function$;

-- tenants.denials()
CREATE OR REPLACE FUNCTION tenants.denials()
 RETURNS TABLE(by text, object text, policy text, message text)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    attempt text;
BEGIN
    FOR "by", "object", "policy", attempt IN VALUES
        ('check', 'tenants_probe', NULL, 'INSERT INTO tenants.tenants_probe VALUES (0)'),
        ('check', 'tenants_probe', 'probe_added', 'INSERT INTO tenants.tenants_probe VALUES (3)'),
        ('using', 'tenants_probe', NULL, 'INSERT INTO tenants.tenants_probe VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 1'),
        ('using', 'tenants_probe', 'probe_changed', 'INSERT INTO tenants.tenants_probe VALUES (2) ON CONFLICT (id) DO UPDATE SET id = 2'),
        ('table', 'pg_authid', NULL, 'SELECT FROM pg_catalog.pg_authid'),
        ('table', 'pg_shadow', NULL, 'SELECT FROM pg_catalog.pg_shadow'),
        ('sequence', 'tenants_probe_id_seq', NULL, 'SELECT nextval(''tenants.tenants_probe_id_seq'')'),
        ('function', 'pg_current_logfile', NULL, 'SELECT pg_catalog.pg_current_logfile()'),
        ('schema', 'pg_toast', NULL, 'SELECT FROM pg_toast.tenants_probe')
    LOOP
        BEGIN
            EXECUTE attempt;
            RAISE EXCEPTION 'it is allowed';
        EXCEPTION
            WHEN insufficient_privilege THEN
                GET STACKED DIAGNOSTICS "message" = MESSAGE_TEXT;
                RETURN NEXT;
            WHEN OTHERS THEN
                NULL;
        END;
    END LOOP;
END
$function$;

-- tenants.ensure_tenant(text)
CREATE OR REPLACE FUNCTION tenants.ensure_tenant(tenant text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    -- The usual case takes no lock and leaves no dead row.
    PERFORM FROM "tenants"."tenant" AS t WHERE t."id" = "tenant";
    IF NOT FOUND THEN
        INSERT INTO "tenants"."tenant" ("id") VALUES ("tenant") ON CONFLICT ("id") DO NOTHING;
    END IF;
END
$function$;

-- tenants.list_tenants()
CREATE OR REPLACE FUNCTION tenants.list_tenants()
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT t.id
    FROM tenants.tenant t
   WHERE (t.status <> ALL (ARRAY['deleted'::text, 'purged'::text]))
   ORDER BY t.id;
END;

-- tenants.notice_key()
CREATE OR REPLACE FUNCTION tenants.notice_key()
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '5s'
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM "tenants"."notice_key") THEN
        LOCK TABLE "tenants"."tenant" IN SHARE ROW EXCLUSIVE MODE;
        INSERT INTO "tenants"."notice_key" ("key")
            -- 122 random bits each.
            VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())))
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN (SELECT encode(k."key", 'hex') FROM "tenants"."notice_key" AS k);
END
$function$;

-- tenants.observe(oid,text)
CREATE OR REPLACE FUNCTION tenants.observe(relation oid, side text)
 RETURNS boolean
 LANGUAGE sql
RETURN CASE WHEN (strpos(COALESCE(current_setting('tenants.observed'::text, true), ''::text), ((((((relation)::text || '/'::text) || side) || '/'::text) || (hashtextextended(COALESCE(current_query(), ''::text), (0)::bigint))::text) || ' '::text)) > 0) THEN true ELSE tenants.record_observation(relation, side) END;

-- tenants.provision_role(text,text,text)
CREATE OR REPLACE FUNCTION tenants.provision_role(tenant text, app text, login text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

-- tenants.provision_roles(text,text)
CREATE OR REPLACE PROCEDURE tenants.provision_roles(IN app text, IN login text)
 LANGUAGE plpgsql
AS $procedure$
DECLARE
    tenant pg_catalog.text;
BEGIN
    -- A procedure with a search_path of its own cannot commit, so nothing here depends on one.
    FOR tenant IN SELECT t FROM "tenants"."list_tenants"() AS t LOOP
        PERFORM "tenants"."provision_role"(tenant, "app", "login");
        COMMIT;
    END LOOP;
END
$procedure$;

-- tenants.provision_tenant(text,text,text)
CREATE OR REPLACE FUNCTION tenants.provision_tenant(tenant text, app text, login text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM "tenants"."create_tenant"("tenant");
    PERFORM "tenants"."provision_role"("tenant", "app", "login");
END
$function$;

-- tenants.record_observation(oid,text)
CREATE OR REPLACE FUNCTION tenants.record_observation(relation oid, side text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    -- As `observe` computes it.
    mark text := "relation"::text || '/' || "side" || '/' || hashtextextended(COALESCE(current_query(), ''), 0)::text || ' ';
    -- No variable has the type of the table: to look that up is to wait for whoever locks it.
    at timestamptz := clock_timestamp();
    relation_name text;
    set_role text := NULLIF(current_setting('role'), 'none');
    scoped boolean := COALESCE(current_setting('tenants.tenant', true), '') <> '' OR COALESCE(starts_with(set_role, 'tenant_'), false);
    application text := current_setting('application_name');
    kind bigint;
BEGIN
    -- Whoever calls this without a policy of that name records nothing. The rows of a partition may have been read
    -- through a table above it.
    PERFORM FROM pg_policy AS p
        WHERE p.polname = 'tenants_observe' AND p.polrelid IN (
            WITH RECURSIVE above AS (
                SELECT "record_observation"."relation" AS oid
                UNION
                SELECT i.inhparent FROM above AS a JOIN pg_inherits AS i ON i.inhrelid = a.oid
            )
            SELECT a.oid FROM above AS a
        );
    IF NOT FOUND OR ("side" IN ('USING', 'WITH CHECK')) IS NOT TRUE THEN
        RETURN true;
    END IF;
    -- Outside of the block below, so that what fails there is not tried anew for each row. A handful of statements
    -- is enough: one that falls out of the list is looked up again.
    EXECUTE format('SET LOCAL "tenants"."observed" = %L', left(mark || COALESCE(current_setting('tenants.observed', true), ''), 1000));
    BEGIN
        relation_name := "relation"::regclass::text;
        IF scoped THEN
            set_role := NULL;
        END IF;
        kind := hashtextextended(
            ROW(relation_name, "side", scoped, session_user, set_role, application, current_query())::text, 0
        );
        -- Also a server in recovery. The server itself adds the statement to its log.
        IF current_setting('transaction_read_only')::boolean THEN
            RAISE LOG 'tenants: the policies of % would have hidden rows (%), which a read-only transaction cannot record', relation_name, "side";
            RETURN true;
        END IF;
        LOCK TABLE "tenants"."observation" IN ROW EXCLUSIVE MODE NOWAIT;
        -- It never grows without end, whoever calls this and however often.
        IF pg_table_size('tenants.observation') > 16 * 1024 * 1024 THEN
            RETURN true;
        END IF;
        -- A serializable transaction does not look at what others insert, which would be a conflict with them.
        IF current_setting('transaction_isolation') <> 'serializable' THEN
            PERFORM FROM "tenants"."observation" AS o
                WHERE o."digest" = kind AND o."seen_at" > at - interval '1 hour';
            IF FOUND THEN
                RETURN true;
            END IF;
        END IF;
        INSERT INTO "tenants"."observation"
            ("seen_at", "digest", "relation", "side", "is_scoped", "login", "role", "application", "statement")
            VALUES (
                at, kind, relation_name, "side", scoped, session_user, set_role, application,
                left(COALESCE(current_query(), ''), 1000)
            );
    EXCEPTION
        WHEN OTHERS THEN
            RAISE LOG 'tenants: an observation was not recorded (SQLSTATE %)', SQLSTATE;
    END;
    RETURN true;
END
$function$;

-- tenants.refuse(text)
CREATE OR REPLACE FUNCTION tenants.refuse(reason text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
        WHEN 'tenants_suspended_tenant' THEN
            RAISE EXCEPTION 'the tenant is suspended' USING ERRCODE = 'TN011', CONSTRAINT = "reason";
    END CASE;
END
$function$;

-- tenants.restore_tenant(text)
CREATE OR REPLACE FUNCTION tenants.restore_tenant(tenant text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE "tenants"."tenant" AS t
    SET
        "status" = t."restores_to",
        "version" = t."version" + 1,
        "updated_at" = greatest(t."updated_at", clock_timestamp())
    WHERE t."id" = "tenant" AND t."status" = 'deleted';
    IF NOT FOUND THEN
        PERFORM FROM "tenants"."tenant" AS t WHERE t."id" = "tenant" AND t."status" <> 'purged';
        PERFORM "tenants"."refuse"(
            CASE WHEN FOUND THEN 'tenants_tenant_exists' ELSE 'tenants_unknown_tenant' END
        );
    END IF;
END
$function$;

-- tenants.restore_tenant(text,text,text)
CREATE OR REPLACE FUNCTION tenants.restore_tenant(tenant text, app text, login text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM "tenants"."restore_tenant"("tenant");
    PERFORM "tenants"."provision_role"("tenant", "app", "login");
END
$function$;

-- tenants.tell_changes()
CREATE OR REPLACE FUNCTION tenants.tell_changes()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    key bytea := (SELECT k."key" FROM "tenants"."notice_key" AS k);
    changed text[];
    is_all boolean := TG_OP = 'TRUNCATE';
BEGIN
    IF key IS NULL THEN
        RETURN NULL;
    END IF;
    -- A notification has less than 8000 bytes. Of so many rows it is told that they may be any.
    IF TG_OP = 'INSERT' THEN
        changed := ARRAY(SELECT unnest(ARRAY[a."id", a."slug"]) FROM "after" AS a LIMIT 401);
    ELSIF TG_OP = 'DELETE' THEN
        changed := ARRAY(SELECT b."id" FROM "before" AS b LIMIT 401);
    ELSIF TG_OP = 'UPDATE' THEN
        -- An old slug leads to a record that is read anew, and so need not be told.
        changed := ARRAY(
            SELECT unnest(ARRAY[a."id", a."slug"]) FROM "after" AS a
            UNION ALL
            SELECT b."id" FROM "before" AS b
            LIMIT 401
        );
    END IF;
    IF cardinality(changed) > 400 THEN
        is_all := true;
    END IF;
    PERFORM pg_notify('tenants_tenant', t."told")
    FROM (
        SELECT CASE WHEN is_all THEN '*' ELSE (
            SELECT string_agg(DISTINCT encode(substr(sha256(key || convert_to(c."text", 'UTF8')), 1, 8), 'hex'), ' ')
            FROM unnest(changed) AS c ("text")
            WHERE c."text" IS NOT NULL
        ) END AS "told"
    ) AS t
    WHERE t."told" IS NOT NULL;
    RETURN NULL;
END
$function$;

-- tenants.tenant_exists(text)
CREATE OR REPLACE FUNCTION tenants.tenant_exists(tenant text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
RETURN (EXISTS (SELECT FROM tenants.tenant t WHERE ((t.id = tenant_exists.tenant) AND (t.status <> ALL (ARRAY['deleted'::text, 'purged'::text])))));

-- tenants.tenant_status(text)
CREATE OR REPLACE FUNCTION tenants.tenant_status(tenant text)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
RETURN (SELECT t.status FROM tenants.tenant t WHERE (t.id = tenant_status.tenant));

-- tenants.verified_tenant()
CREATE OR REPLACE FUNCTION tenants.verified_tenant()
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL RESTRICTED SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    scope text := COALESCE(current_setting('tenants.scope', true), '');
    claim text := substr(scope, 66);
    fields text[] := string_to_array(claim, ':');
    key "tenants"."scope_key";
    mac text;
BEGIN
    IF scope = '' THEN
        RAISE EXCEPTION 'the scope is not signed' USING ERRCODE = '42501', CONSTRAINT = 'tenants_unsigned_scope';
    END IF;
    SELECT * INTO key FROM "tenants"."scope_key" AS k WHERE k."id" = fields[1];
    mac := encode(sha256(key."outer_pad" || sha256(key."inner_pad" || convert_to(claim, 'UTF8'))), 'hex');
    -- Hashed once more under the key, a guess tells nothing by the time that it takes to compare.
    IF (
        sha256(key."outer_pad" || convert_to(mac || ':', 'UTF8'))
            = sha256(key."outer_pad" || convert_to(left(scope, 65), 'UTF8'))
        AND (fields[2] = '*' OR fields[2] = pg_backend_pid()::text)
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'the signature of the scope is not valid' USING ERRCODE = '42501', CONSTRAINT = 'tenants_invalid_signature';
    END IF;
    IF fields[3]::bigint < extract(epoch FROM now()) OR key."retires_at" <= now() THEN
        RAISE EXCEPTION 'the signature of the scope has expired' USING ERRCODE = '42501', CONSTRAINT = 'tenants_expired_signature';
    END IF;
    RETURN substr(claim, length(fields[1]) + length(fields[2]) + length(fields[3]) + 4);
END
$function$;
