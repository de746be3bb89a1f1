-- What PostgreSQL 15 has from the start. Pools refuse the older default, by which everybody, and so
-- the runtime role, may create functions where others find them.
ALTER SCHEMA "public" OWNER TO pg_database_owner;
REVOKE CREATE ON SCHEMA "public" FROM PUBLIC;
