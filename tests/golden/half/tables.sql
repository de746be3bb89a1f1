CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant text NOT NULL DEFAULT tenants.current_tenant(),
    PRIMARY KEY (tenant, id)
);
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenants_isolation ON posts
    USING (tenant = tenants.current_tenant())
    WITH CHECK (tenant = tenants.current_tenant());
