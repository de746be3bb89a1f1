-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

GRANT UPDATE ON SEQUENCE "public"."posts_id_seq" TO "tenants_login" WITH GRANT OPTION;
GRANT UPDATE ON SEQUENCE "public"."posts_id_seq" TO "tenants_app";
GRANT SELECT ON SEQUENCE "public"."posts_id_seq" TO PUBLIC;
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT SELECT ("title") ON TABLE "public"."posts" TO "tenants_login" WITH GRANT OPTION;
GRANT UPDATE ("title") ON TABLE "public"."posts" TO "tenants_login" WITH GRANT OPTION;
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT TRUNCATE ON TABLE "public"."posts" TO "tenants_app";
GRANT REFERENCES ("tenant") ON TABLE "public"."posts" TO "tenants_app";
GRANT TRIGGER ON TABLE "public"."posts" TO "tenants_app";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT SELECT ON TABLE "public"."posts" TO PUBLIC;

REVOKE SELECT ON TABLE "public"."plans" FROM "tenants_app";
GRANT INSERT ON TABLE "public"."plans" TO "tenants_app";
GRANT UPDATE ("name") ON TABLE "public"."plans" TO PUBLIC;

REVOKE USAGE ON SEQUENCE "public"."events_id_seq" FROM "tenants_app";
REVOKE UPDATE ON TABLE "public"."events" FROM "tenants_admin";
REVOKE INSERT, DELETE ON TABLE "public"."events" FROM "tenants_app";
-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
GRANT INSERT ("title") ON TABLE "public"."events" TO "tenants_app";
