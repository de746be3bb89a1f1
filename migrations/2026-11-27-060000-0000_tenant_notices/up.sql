-- Tells caches in other processes which records of tenants were changed, from the moment that somebody listens.

-- One row, once somebody has listened. Who reads it can tell which of the tenants that they know was changed.
CREATE TABLE "tenants"."notice_key" (
    "is_only" boolean PRIMARY KEY DEFAULT true CHECK ("is_only"),
    "key" bytea NOT NULL CHECK (octet_length("key") = 32)
);

-- Whoever may log in may LISTEN, so nobody is named: each id and slug is told as 8 bytes of its hash under the key.
-- Commits that notify wait for each other, in all databases of the cluster, so nothing is told before somebody has
-- listened, nor of statements that changed nothing.
CREATE FUNCTION "tenants"."tell_changes"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
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
$$;

CREATE TRIGGER "tenants_inserted" AFTER INSERT ON "tenants"."tenant"
    REFERENCING NEW TABLE AS "after"
    FOR EACH STATEMENT EXECUTE FUNCTION "tenants"."tell_changes"();
CREATE TRIGGER "tenants_updated" AFTER UPDATE ON "tenants"."tenant"
    REFERENCING OLD TABLE AS "before" NEW TABLE AS "after"
    FOR EACH STATEMENT EXECUTE FUNCTION "tenants"."tell_changes"();
CREATE TRIGGER "tenants_deleted" AFTER DELETE ON "tenants"."tenant"
    REFERENCING OLD TABLE AS "before"
    FOR EACH STATEMENT EXECUTE FUNCTION "tenants"."tell_changes"();
CREATE TRIGGER "tenants_truncated" AFTER TRUNCATE ON "tenants"."tenant"
    FOR EACH STATEMENT EXECUTE FUNCTION "tenants"."tell_changes"();

-- To be asked ahead of LISTEN. Who asks first makes the key, and waits for those who change records without knowing
-- of it; those who come later see it. Nobody who only reads waits.
CREATE FUNCTION "tenants"."notice_key"() RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '5s'
AS $$
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
$$;

REVOKE ALL ON TABLE "tenants"."notice_key" FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION "tenants"."tell_changes"(), "tenants"."notice_key"() FROM PUBLIC;
