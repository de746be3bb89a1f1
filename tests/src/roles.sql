-- Cluster-wide roles, made once for all databases of this server.
CREATE ROLE tenants_app NOLOGIN;
CREATE ROLE tenants_admin NOLOGIN;
CREATE ROLE owner LOGIN CREATEROLE;
CREATE ROLE app_login LOGIN NOINHERIT;
CREATE ROLE admin_login LOGIN NOINHERIT;
CREATE ROLE provisioner LOGIN CREATEROLE;
GRANT tenants_app TO app_login;
GRANT tenants_admin TO admin_login;
GRANT tenants_app TO provisioner WITH ADMIN OPTION;
