-- transaction

BEGIN;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;
SELECT "tenants"."admit"('acme');
SET LOCAL ROLE "tenants_app";
SET LOCAL "tenants"."tenant" = 'acme';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

SELECT CASE WHEN current_user = 'tenants_app' AND pg_catalog.current_setting('tenants.tenant', true) = 'acme' THEN NULL ELSE "tenants"."refuse"('tenants_scope_lost') END;
COMMIT;
BEGIN;
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

-- transaction, rolled back

BEGIN;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;
SELECT "tenants"."admit"('acme');
SET LOCAL ROLE "tenants_app";
SET LOCAL "tenants"."tenant" = 'acme';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

ROLLBACK;
BEGIN;
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

-- read

BEGIN READ ONLY;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;
SELECT "tenants"."admit"('acme');
SET LOCAL ROLE "tenants_app";
SET LOCAL "tenants"."tenant" = 'acme';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

COMMIT;
BEGIN;
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

-- tenant_exists

BEGIN;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;

SELECT "tenants"."tenant_exists"($1) AS "found";

COMMIT;
BEGIN;
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
