-- `current_tenant` goes last, and fails while a policy or default still names it: a database
-- must not lose its isolation by a revert.
DROP FUNCTION "tenants"."list_tenants"();
DROP FUNCTION "tenants"."tenant_exists"(text);
DROP FUNCTION "tenants"."restore_tenant"(text, text, text);
DROP FUNCTION "tenants"."restore_tenant"(text);
DROP FUNCTION "tenants"."delete_tenant"(text);
DROP FUNCTION "tenants"."provision_tenant"(text, text, text);
DROP PROCEDURE "tenants"."provision_roles"(text, text);
DROP FUNCTION "tenants"."provision_role"(text, text, text);
DROP FUNCTION "tenants"."create_tenant"(text);
DROP FUNCTION "tenants"."ensure_tenant"(text);
DROP FUNCTION "tenants"."admit"(text);
DROP FUNCTION "tenants"."refuse"(text);
DROP FUNCTION "tenants"."current_tenant"();
DROP TABLE "tenants"."tenant";
