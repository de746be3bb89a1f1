CREATE TABLE events (id bigserial, tenant text NOT NULL, title text, PRIMARY KEY (tenant, id));
CREATE TABLE plans (id integer PRIMARY KEY, name text);
CREATE TABLE posts (id bigserial, tenant text NOT NULL, title text, PRIMARY KEY (tenant, id));
