-- Cluster-wide roles, made once for all databases of this server. `tenants setup` makes the rest.
CREATE ROLE owner LOGIN CREATEROLE;
CREATE ROLE app_login LOGIN NOINHERIT;
CREATE ROLE admin_login LOGIN NOINHERIT;
CREATE ROLE provisioner LOGIN NOINHERIT CREATEROLE;
