CREATE TABLE posts (id bigint PRIMARY KEY, tenant text NOT NULL);
CREATE TABLE events (id bigint PRIMARY KEY, post bigint NOT NULL REFERENCES posts ON DELETE CASCADE);
