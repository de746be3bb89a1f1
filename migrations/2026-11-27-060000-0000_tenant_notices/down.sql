DROP TRIGGER "tenants_inserted" ON "tenants"."tenant";
DROP TRIGGER "tenants_updated" ON "tenants"."tenant";
DROP TRIGGER "tenants_deleted" ON "tenants"."tenant";
DROP TRIGGER "tenants_truncated" ON "tenants"."tenant";
DROP FUNCTION "tenants"."notice_key"();
DROP FUNCTION "tenants"."tell_changes"();
DROP TABLE "tenants"."notice_key";
