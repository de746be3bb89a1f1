CREATE SCHEMA archive;
CREATE SCHEMA elsewhere;
CREATE TABLE posts (
    id serial NOT NULL,
    tenant text NOT NULL DEFAULT 'nobody',
    title text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE TABLE archive.posts (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant uuid
);
CREATE TABLE elsewhere.posts (id integer PRIMARY KEY, tenant text);
CREATE TABLE plans (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO plans VALUES (1, 'free');
