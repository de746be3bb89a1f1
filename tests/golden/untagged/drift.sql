-- The tag of posts was removed; some rights were gone before.
REVOKE DELETE ON posts FROM tenants_app;
REVOKE INSERT, UPDATE, DELETE ON posts FROM tenants_admin;
