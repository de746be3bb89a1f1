CREATE TABLE events (id bigint NOT NULL, tenant text NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE files (id bigint NOT NULL, owner uuid NOT NULL, PRIMARY KEY (owner, id));
CREATE TABLE notes (id bigint NOT NULL, tenant integer NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE orders (id bigint NOT NULL, tenant bigint NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE posts (id bigint NOT NULL, tenant text NOT NULL, PRIMARY KEY (tenant, id));
