CREATE TABLE IF NOT EXISTS tenants_tenant (
    id text NOT NULL PRIMARY KEY CHECK (id <> '' AND length(CAST(id AS blob)) <= 255),
    slug text UNIQUE,
    name text NOT NULL,
    status text NOT NULL,
    isolation text NOT NULL,
    schema_name text,
    database_url text,
    metadata text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    -- Microseconds of the Unix epoch.
    created_at integer NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000000) AS integer)),
    updated_at integer NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000000) AS integer))
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tenants_tenant_status_created_at ON tenants_tenant (status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS tenants_tenant_status ON tenants_tenant (status, id);
