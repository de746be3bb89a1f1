DROP FUNCTION "tenants"."tenant_status"(text);
