-- A default of another kind, which down.sql restores.
CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant varchar(40) NOT NULL DEFAULT lower('NOBODY'),
    PRIMARY KEY (tenant, id)
);
