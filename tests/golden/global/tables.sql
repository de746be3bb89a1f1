CREATE TABLE plans (id serial PRIMARY KEY);
CREATE TABLE counters (id serial PRIMARY KEY);
