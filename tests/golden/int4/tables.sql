-- No index starts with the tenant column, and the name of ours is taken.
CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL
);
CREATE INDEX notes_tenant_idx ON notes (tenant) WHERE tenant > 0;
