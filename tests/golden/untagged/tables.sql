CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE posts (id bigserial, tenant text NOT NULL, title text, PRIMARY KEY (tenant, id));
CREATE TABLE notes (id bigint NOT NULL, tenant text NOT NULL, PRIMARY KEY (tenant, id)) PARTITION BY LIST (tenant);
CREATE TABLE notes_1 PARTITION OF notes FOR VALUES IN ('a');
