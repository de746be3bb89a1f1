-- The tag of posts was removed; a right that somebody gave beside it goes as well.
GRANT SELECT (title) ON posts TO tenants_app;
