-- Ways around a table: through its owner's rights, and through the asker's.
CREATE VIEW "public"."owners_view" AS SELECT * FROM "public"."posts";
CREATE FUNCTION "public"."invokers_posts"() RETURNS SETOF "public"."posts"
    LANGUAGE sql STABLE
    AS 'SELECT * FROM "public"."posts"';
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        CREATE VIEW "public"."invokers_view" WITH (security_invoker = true) AS SELECT * FROM "public"."posts";
    ELSE
        -- Before, only what a function reads is read with the rights of whoever asks.
        CREATE VIEW "public"."invokers_view" AS SELECT * FROM "public"."invokers_posts"();
    END IF;
END
$$;
GRANT SELECT ON "public"."owners_view", "public"."invokers_view" TO tenants_app;

CREATE FUNCTION "public"."owners_count"() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'SELECT count(*) FROM "public"."posts"';
CREATE FUNCTION "public"."invokers_count"() RETURNS bigint
    LANGUAGE sql STABLE
    AS 'SELECT count(*) FROM "public"."posts"';
