CREATE TABLE posts (id bigint, tenant text NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE notes (id serial, tenant integer DEFAULT 7);
CREATE INDEX ON notes (tenant);
CREATE TABLE files (id bigint, owner uuid NOT NULL, PRIMARY KEY (owner, id));
CREATE SCHEMA "Sales";
CREATE TABLE "Sales"."Quarter ""Report""" (id bigint, "Customer" varchar(20) NOT NULL);
CREATE TABLE events (id bigint, tenant text NOT NULL, PRIMARY KEY (tenant, id)) PARTITION BY LIST (tenant);
CREATE TABLE events_acme PARTITION OF events FOR VALUES IN ('acme');
-- What the application has today, and what scoped code must not have.
GRANT SELECT ON posts TO PUBLIC;
GRANT SELECT, TRUNCATE ON posts TO tenants_login;
GRANT TRUNCATE ON notes TO tenants_app;
