SELECT
    r.rolname::text AS name,
    r.rolsuper AS is_superuser,
    r.rolbypassrls AS bypasses_rls,
    r.rolcreaterole AS creates_roles,
    r.rolcanlogin AS can_login
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = ANY ($1::text[])
ORDER BY name
