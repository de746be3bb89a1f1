CREATE OR REPLACE FUNCTION "tenants"."current_tenant"() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(pg_catalog.current_setting('tenants.tenant', true), '');
REVOKE ALL ON SCHEMA "tenants" FROM PUBLIC, "tenants_app", "tenants_admin", "tenants_login", "tenants_support", "tenants_provisioner";
REVOKE ALL ON ALL TABLES IN SCHEMA "tenants" FROM PUBLIC, "tenants_app", "tenants_admin", "tenants_login", "tenants_support", "tenants_provisioner";
REVOKE ALL ON ALL ROUTINES IN SCHEMA "tenants" FROM PUBLIC, "tenants_app", "tenants_admin", "tenants_login", "tenants_support", "tenants_provisioner";
GRANT USAGE ON SCHEMA "tenants" TO "tenants_app", "tenants_admin", "tenants_login", "tenants_support", "tenants_provisioner";
GRANT EXECUTE ON FUNCTION
    "tenants"."current_tenant"(),
    "tenants"."observe"(oid, text),
    "tenants"."record_observation"(oid, text),
    "tenants"."refuse"(text),
    "tenants"."verified_tenant"()
    TO PUBLIC, "tenants_app", "tenants_admin", "tenants_login", "tenants_support", "tenants_provisioner";
GRANT EXECUTE ON FUNCTION "tenants"."denials"() TO "tenants_app";
GRANT SELECT, INSERT, UPDATE ON TABLE "tenants"."tenants_probe" TO "tenants_app";
GRANT EXECUTE ON FUNCTION "tenants"."tenant_status"(text) TO "tenants_admin";
GRANT SELECT ON TABLE "tenants"."observation" TO "tenants_admin";
GRANT EXECUTE ON FUNCTION
    "tenants"."admit"(text),
    "tenants"."tenant_exists"(text)
    TO "tenants_login";
GRANT EXECUTE ON FUNCTION "tenants"."ensure_tenant"(text) TO "tenants_login";
GRANT EXECUTE ON FUNCTION
    "tenants"."create_tenant"(text),
    "tenants"."delete_tenant"(text),
    "tenants"."list_tenants"(),
    "tenants"."restore_tenant"(text),
    "tenants"."tenant_exists"(text),
    "tenants"."provision_tenant"(text, text, text),
    "tenants"."provision_role"(text, text, text),
    "tenants"."restore_tenant"(text, text, text)
    TO "tenants_provisioner";
GRANT SELECT, INSERT, UPDATE ON TABLE "tenants"."tenant" TO "tenants_provisioner";
GRANT EXECUTE ON FUNCTION "tenants"."notice_key"() TO "tenants_provisioner";
