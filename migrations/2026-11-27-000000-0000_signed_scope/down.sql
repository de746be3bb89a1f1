-- `verified_tenant` goes first, and fails while a guard still asks for signatures.
DROP FUNCTION "tenants"."verified_tenant"();
DROP FUNCTION "tenants"."add_scope_key"();
DROP TABLE "tenants"."scope_key";
