CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, PRIMARY KEY (tenant, id));
