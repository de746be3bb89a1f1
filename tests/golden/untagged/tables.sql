CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE posts (id bigserial, tenant text NOT NULL, title text, PRIMARY KEY (tenant, id));
