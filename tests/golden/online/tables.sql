-- Rows have no tenants yet: one table has no column for them, and the other one allows NULL.
CREATE TABLE posts (id bigint PRIMARY KEY);
CREATE TABLE events (id bigint NOT NULL, tenant text) PARTITION BY RANGE (id);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20);
