-- Too few.
REVOKE INSERT, DELETE ON events FROM tenants_app;
REVOKE UPDATE ON events FROM tenants_admin;
REVOKE USAGE ON SEQUENCE events_id_seq FROM tenants_app;
REVOKE SELECT ON plans FROM tenants_app;
-- A right on a column is none on the table.
GRANT INSERT (title) ON events TO tenants_app;
-- Too many.
GRANT TRUNCATE, TRIGGER ON posts TO tenants_app;
GRANT SELECT ON posts TO PUBLIC;
GRANT SELECT (title), UPDATE (title) ON posts TO tenants_login WITH GRANT OPTION;
GRANT REFERENCES (tenant) ON posts TO tenants_app;
GRANT UPDATE ON SEQUENCE posts_id_seq TO tenants_app;
GRANT SELECT ON SEQUENCE posts_id_seq TO PUBLIC;
GRANT USAGE, UPDATE ON SEQUENCE posts_id_seq TO tenants_login WITH GRANT OPTION;
GRANT INSERT ON plans TO tenants_app;
GRANT UPDATE (name) ON plans TO PUBLIC;
