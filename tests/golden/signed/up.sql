-- Written by `tenants migration generate`. From here on PostgreSQL itself keeps the rows of tenants
-- apart: see "tenants"."current_tenant"(), which all policies and defaults below name.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER POLICY "tenants_isolation" ON "public"."events"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()));
ALTER POLICY "tenants_guard" ON "public"."events"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()));
ALTER POLICY "tenants_isolation" ON "public"."events_1"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()));
ALTER POLICY "tenants_guard" ON "public"."events_1"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()));

ALTER POLICY "tenants_isolation" ON "public"."files"
    USING ("owner" = (SELECT "tenants"."verified_tenant"()::uuid))
    WITH CHECK ("owner" = (SELECT "tenants"."verified_tenant"()::uuid));
ALTER POLICY "tenants_guard" ON "public"."files"
    USING ("owner" = (SELECT "tenants"."verified_tenant"()::uuid))
    WITH CHECK ("owner" = (SELECT "tenants"."verified_tenant"()::uuid));

ALTER POLICY "tenants_isolation" ON "public"."notes"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()::integer))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()::integer));
ALTER POLICY "tenants_guard" ON "public"."notes"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()::integer))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()::integer));

ALTER POLICY "tenants_isolation" ON "public"."orders"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()::bigint))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()::bigint));
ALTER POLICY "tenants_guard" ON "public"."orders"
    USING ("tenant" = (SELECT "tenants"."verified_tenant"()::bigint))
    WITH CHECK ("tenant" = (SELECT "tenants"."verified_tenant"()::bigint));
