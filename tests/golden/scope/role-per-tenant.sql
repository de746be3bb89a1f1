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
SET ROLE 'tenant_acme';
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
SET LOCAL ROLE 'tenant_acme';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

SET CONSTRAINTS ALL IMMEDIATE;
CLOSE ALL;
SELECT CASE WHEN current_user OPERATOR(pg_catalog.=) 'tenant_acme' THEN NULL ELSE "tenants"."refuse"('tenants_scope_lost') END, pg_catalog.pg_advisory_unlock_all();
SET statement_timeout = 0;
SET ROLE NONE;
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
SET LOCAL ROLE 'tenant_acme';

SELECT DISTINCT "posts"."tenant" FROM "posts" ORDER BY "posts"."tenant";

ROLLBACK;
SELECT pg_catalog.pg_advisory_unlock_all();
