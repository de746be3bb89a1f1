-- Written by `tenants migration generate`. Takes up.sql back, statement by statement: what that
-- protects is protected no more.
-- An error instead of silence if a statement would need to see the rows of all tenants:
SET LOCAL row_security = off;
-- An error instead of a standstill: while a migration waits for a lock, all later statements on the
-- table wait behind it.
SET LOCAL lock_timeout = '5s';

ALTER POLICY "tenants_guard" ON "public"."orders"
    USING ("tenant" = "tenants"."current_tenant"()::bigint)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::bigint);
ALTER POLICY "tenants_isolation" ON "public"."orders"
    USING ("tenant" = "tenants"."current_tenant"()::bigint)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::bigint);

ALTER POLICY "tenants_guard" ON "public"."notes"
    USING ("tenant" = "tenants"."current_tenant"()::integer)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::integer);
ALTER POLICY "tenants_isolation" ON "public"."notes"
    USING ("tenant" = "tenants"."current_tenant"()::integer)
    WITH CHECK ("tenant" = "tenants"."current_tenant"()::integer);

ALTER POLICY "tenants_guard" ON "public"."files"
    USING ("owner" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("owner" = "tenants"."current_tenant"()::uuid);
ALTER POLICY "tenants_isolation" ON "public"."files"
    USING ("owner" = "tenants"."current_tenant"()::uuid)
    WITH CHECK ("owner" = "tenants"."current_tenant"()::uuid);

ALTER POLICY "tenants_guard" ON "public"."events_1"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
ALTER POLICY "tenants_isolation" ON "public"."events_1"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
ALTER POLICY "tenants_guard" ON "public"."events"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
ALTER POLICY "tenants_isolation" ON "public"."events"
    USING ("tenant" = "tenants"."current_tenant"())
    WITH CHECK ("tenant" = "tenants"."current_tenant"());
