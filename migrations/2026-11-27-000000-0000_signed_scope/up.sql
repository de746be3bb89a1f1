-- Signed scopes: a tenant counts only with a signature that the application made with a key of its own.
-- Nothing here takes effect before `tenants key add` and a migration that has the guards ask for it.

CREATE TABLE "tenants"."scope_key" (
    "id" text COLLATE "C" PRIMARY KEY CHECK ("id" ~ '^[0-9a-f]{8}$'),
    -- The key, XORed with the two constants of HMAC (RFC 2104). Whoever reads one of them has the key.
    "inner_pad" bytea NOT NULL CHECK (octet_length("inner_pad") = 64),
    "outer_pad" bytea NOT NULL CHECK (octet_length("outer_pad") = 64),
    "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- What is signed with it counts for transactions that begin before.
    "retires_at" timestamptz
);

-- Makes a key and returns it this once. Here and not in the client, because statements and their
-- parameters go to logs, and results do not.
CREATE FUNCTION "tenants"."add_scope_key"(OUT "key_id" text, OUT "secret" text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
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
$$;

-- The tenant of a scope that was signed; the guards of all tables ask for it once a statement.
--
-- `tenants.scope` is `mac:key:backend:expiry:tenant`. The MAC is 64 hexadecimal digits of HMAC-SHA256 over
-- what follows its colon; the backend is a process id, or `*` behind a pooler; the expiry is in seconds of
-- the Unix epoch, and compared with the beginning of the transaction: what began in time ends in peace.
-- Nothing of it counts before the MAC is found right. RESTRICTED, since a parallel worker is another process.
CREATE FUNCTION "tenants"."verified_tenant"() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
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
$$;

REVOKE ALL ON TABLE "tenants"."scope_key" FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION "tenants"."add_scope_key"(), "tenants"."verified_tenant"() FROM PUBLIC;
