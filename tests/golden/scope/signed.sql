-- get

BEGIN NOT DEFERRABLE;
SET ROLE NONE;
RESET ALL;
SET TIME ZONE 'UTC';
SET client_encoding = 'UTF8';
SET "tenants"."tenant" = '';
CLOSE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
COMMIT;
BEGIN;
SELECT "tenants"."admit"('acme');
SET "tenants"."tenant" = 'acme';
SELECT pg_catalog.set_config('tenants.scope', '<signature>', false);
SET ROLE 'tenants_app';
COMMIT;

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

BEGIN NOT DEFERRABLE;
SET ROLE NONE;
RESET ALL;
SET TIME ZONE 'UTC';
SET client_encoding = 'UTF8';
SET "tenants"."tenant" = '';
CLOSE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
SELECT pg_catalog.pg_advisory_unlock_all();
COMMIT;

-- transaction

BEGIN NOT DEFERRABLE;
SET ROLE NONE;
RESET ALL;
SET TIME ZONE 'UTC';
SET client_encoding = 'UTF8';
SET "tenants"."tenant" = '';
CLOSE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
COMMIT;
BEGIN;
SELECT "tenants"."admit"('acme');
SET LOCAL "tenants"."tenant" = 'acme';
SELECT pg_catalog.set_config('tenants.scope', '<signature>', true);
SET LOCAL ROLE 'tenants_app';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

SET CONSTRAINTS ALL IMMEDIATE;
CLOSE ALL;
SELECT CASE WHEN current_user OPERATOR(pg_catalog.=) 'tenants_app' AND pg_catalog.current_setting('tenants.tenant', true) OPERATOR(pg_catalog.=) 'acme' THEN NULL ELSE "tenants"."refuse"('tenants_scope_lost') END, pg_catalog.pg_advisory_unlock_all();
SET statement_timeout = 0;
SET ROLE NONE;
SET "tenants"."tenant" = '';
COMMIT;

-- read

BEGIN NOT DEFERRABLE;
SET ROLE NONE;
RESET ALL;
SET TIME ZONE 'UTC';
SET client_encoding = 'UTF8';
SET "tenants"."tenant" = '';
CLOSE ALL;
UNLISTEN *;
DISCARD TEMP;
DISCARD SEQUENCES;
COMMIT;
BEGIN READ ONLY;
SELECT "tenants"."admit"('acme');
SET LOCAL "tenants"."tenant" = 'acme';
SELECT pg_catalog.set_config('tenants.scope', '<signature>', true);
SET LOCAL ROLE 'tenants_app';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

ROLLBACK;
SELECT pg_catalog.pg_advisory_unlock_all();
