-- What policies would hide or refuse, while they only observe (`tenants migration generate --observe`).

-- One row for each kind of statement, at most about once an hour. No unique key: to insert the key of a row that
-- is not committed yet is to wait for it, and nobody waits for anybody here. Readers take duplicates together.
CREATE TABLE "tenants"."observation" (
    "id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "seen_at" timestamptz NOT NULL,
    -- Of all columns below.
    "digest" bigint NOT NULL,
    -- Schema and name, of the partition that the row is in.
    "relation" text NOT NULL,
    -- 'USING': a row would have been hidden. 'WITH CHECK': a row would have been refused.
    "side" text NOT NULL,
    -- Whether a tenant was set. Which one, and whose the row was, is nobody's business.
    "is_scoped" boolean NOT NULL,
    "login" text NOT NULL,
    -- What `SET ROLE` named, outside of scopes; inside it may tell the tenant.
    "role" text,
    "application" text NOT NULL,
    -- The beginning of what the client sent. Values that it wrote into its text are in it.
    "statement" text NOT NULL
);
CREATE INDEX ON "tenants"."observation" ("digest", "seen_at");

-- Called once a statement and table, by `observe`. Whatever happens here, the statement goes on, and waits for nothing.
CREATE FUNCTION "tenants"."record_observation"("relation" oid, "side" text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
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
$$;

-- What the policy `tenants_observe` asks of each row that enforced policies would hide or refuse; always true.
--
-- An SQL expression without settings, so that the planner inlines it: all rows of a statement but the first cost one
-- comparison. It is neither SECURITY DEFINER nor looks up a name, since whoever uses the table may have no right on
-- this schema.
CREATE FUNCTION "tenants"."observe"("relation" oid, "side" text) RETURNS boolean
    LANGUAGE sql
    RETURN CASE
        WHEN strpos(
            COALESCE(current_setting('tenants.observed', true), ''),
            "relation"::text || '/' || "side" || '/' || hashtextextended(COALESCE(current_query(), ''), 0)::text || ' '
        ) > 0 THEN true
        ELSE "tenants"."record_observation"("relation", "side")
    END;

REVOKE ALL ON TABLE "tenants"."observation" FROM PUBLIC;
