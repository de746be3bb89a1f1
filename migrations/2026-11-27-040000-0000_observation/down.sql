-- Refused while a table is observed: revert or enforce that first.
DROP FUNCTION "tenants"."observe"(oid, text);
DROP FUNCTION "tenants"."record_observation"(oid, text);
DROP TABLE "tenants"."observation";
