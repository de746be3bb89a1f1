CREATE TABLE posts (id bigint PRIMARY KEY, tenant text NOT NULL, email text UNIQUE DEFERRABLE);
ALTER TABLE posts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE events (
    id bigint,
    tenant text,
    post bigint REFERENCES posts ON DELETE CASCADE,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
COMMENT ON CONSTRAINT events_post_fkey ON events IS 'what it is about';
