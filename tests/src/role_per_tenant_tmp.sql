CREATE OR REPLACE FUNCTION "tenants"."current_tenant"() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN starts_with(current_user::text, 'tenant_') THEN substr(current_user::text, 8) END;
