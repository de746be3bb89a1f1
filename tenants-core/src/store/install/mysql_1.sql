CREATE TABLE IF NOT EXISTS tenants_tenant (
    -- By its bytes: to the collations of text, `acme` and `acme ` are one.
    id varbinary(255) NOT NULL PRIMARY KEY,
    slug varchar(63) UNIQUE,
    name text NOT NULL,
    status varchar(16) NOT NULL,
    isolation varchar(16) NOT NULL,
    schema_name varchar(63),
    database_url text,
    metadata mediumtext NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    -- In UTC.
    created_at datetime(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at datetime(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    INDEX tenants_tenant_status_created_at (status, created_at DESC, id DESC),
    INDEX tenants_tenant_status (status, id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ENGINE InnoDB
