-- get

SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;

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

BEGIN;
SELECT "tenants"."admit"('acme');
SET ROLE "tenant_acme";
COMMIT;

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;

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

-- transaction

BEGIN;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;
SELECT "tenants"."admit"('acme');
SET LOCAL ROLE "tenant_acme";

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

SELECT CASE WHEN current_user = 'tenant_acme' THEN NULL ELSE "tenants"."refuse"('tenants_scope_lost') END;
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

-- read

BEGIN READ ONLY;
SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() THEN "tenants"."refuse"('tenants_open_transaction') END;
SELECT "tenants"."admit"('acme');
SET LOCAL ROLE "tenant_acme";

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
