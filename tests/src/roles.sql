-- Cluster-wide roles, made once for all databases of this server. `tenants setup` makes the rest.
CREATE ROLE owner LOGIN CREATEROLE;
CREATE ROLE app_login LOGIN NOINHERIT;
CREATE ROLE admin_login LOGIN NOINHERIT;
CREATE ROLE provisioner LOGIN NOINHERIT CREATEROLE;
-- From PostgreSQL 16 on, only who made a role may grant it: so the owner sets up further logins.
GRANT provisioner TO owner;
