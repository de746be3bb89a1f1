DROP FUNCTION "tenants"."denials"();
DROP TABLE "tenants"."tenants_probe";
