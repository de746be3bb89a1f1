CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant text NOT NULL DEFAULT tenants.current_tenant(),
    title text,
    PRIMARY KEY (tenant, id)
);
CREATE TABLE old_posts (note text) INHERITS (posts);
CREATE TABLE plans (id integer PRIMARY KEY, name text);
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER ON posts TO tenants_app;
GRANT REFERENCES (id, tenant), UPDATE (title) ON posts TO tenants_app;
GRANT SELECT ON posts TO PUBLIC;
GRANT SELECT, UPDATE ON posts TO tenants_login WITH GRANT OPTION;
GRANT TRUNCATE ON posts TO tenants_login;
GRANT SELECT ON posts TO tenants_support;
GRANT SELECT, TRUNCATE ON old_posts TO tenants_app;
GRANT SELECT (note), INSERT (note) ON old_posts TO PUBLIC;
GRANT SELECT, INSERT, REFERENCES ON plans TO PUBLIC;
GRANT UPDATE (name) ON plans TO tenants_app;
GRANT SELECT ON plans TO tenants_login;
-- Gone with the same right on the table, unless they are granted once more.
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, "The title" text, PRIMARY KEY (tenant, id));
GRANT SELECT ("The title"), UPDATE (tenant, "The title") ON events TO tenants_app;
GRANT UPDATE ("The title") ON events TO tenants_admin WITH GRANT OPTION;
