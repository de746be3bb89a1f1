CREATE SCHEMA archive;
CREATE TABLE archive.posts (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, PRIMARY KEY (tenant, id));
GRANT SELECT ON archive.posts TO tenants_app;
