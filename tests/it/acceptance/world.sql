-- Ways around a table: through its owner's rights, and through the asker's.
CREATE VIEW "public"."owners_view" AS SELECT * FROM "public"."posts";
CREATE VIEW "public"."invokers_view" WITH (security_invoker = true) AS SELECT * FROM "public"."posts";
GRANT SELECT ON "public"."owners_view", "public"."invokers_view" TO tenants_app;

CREATE FUNCTION "public"."owners_count"() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'SELECT count(*) FROM "public"."posts"';
CREATE FUNCTION "public"."invokers_count"() RETURNS bigint
    LANGUAGE sql STABLE
    AS 'SELECT count(*) FROM "public"."posts"';
