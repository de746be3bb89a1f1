-- The tag of posts was removed; some rights were gone before.
REVOKE DELETE ON posts FROM tenants_app;
REVOKE INSERT, UPDATE, DELETE ON posts FROM tenants_admin;
-- Some came: of everybody, of the login, on one column, on a partition; and the policies do not count any more.
GRANT SELECT ON posts TO PUBLIC;
GRANT UPDATE (title) ON posts TO tenants_app;
GRANT SELECT ON posts TO tenants_login WITH GRANT OPTION;
ALTER TABLE posts DISABLE ROW LEVEL SECURITY;
GRANT SELECT ON notes_1 TO PUBLIC;
