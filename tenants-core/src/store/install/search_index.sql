CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX tenant_search_idx ON "tenants"."tenant" USING gin ("slug" gin_trgm_ops, lower("name") gin_trgm_ops);
