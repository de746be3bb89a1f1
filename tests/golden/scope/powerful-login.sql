-- get

SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;

BEGIN;
RESET ROLE;
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

BEGIN;
SET LOCAL ROLE NONE;
SELECT "tenants"."admit"('acme');
SET "tenants"."tenant" = 'acme';
SET ROLE "tenants_app";
COMMIT;

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;

BEGIN;
RESET ROLE;
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

BEGIN;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;
SET LOCAL ROLE NONE;
SELECT "tenants"."admit"('acme');
SET LOCAL ROLE "tenants_app";
SET LOCAL "tenants"."tenant" = 'acme';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

SELECT CASE WHEN current_user = 'tenants_app' AND pg_catalog.current_setting('tenants.tenant', true) = 'acme' THEN NULL ELSE "tenants"."refuse"('tenants_scope_lost') END;
COMMIT;

BEGIN;
RESET ROLE;
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

-- tenant_exists

BEGIN;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;
SET LOCAL ROLE NONE;

SELECT "tenants"."tenant_exists"($1) AS "found";

COMMIT;
BEGIN;
RESET ROLE;
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
