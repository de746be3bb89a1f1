CREATE TABLE orders (
    id bigserial,
    tenant bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
GRANT SELECT, UPDATE ON SEQUENCE orders_id_seq TO tenants_app;
GRANT SELECT ON SEQUENCE orders_id_seq TO PUBLIC;
CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant text NOT NULL,
    PRIMARY KEY (tenant, id)
);
GRANT USAGE, UPDATE ON SEQUENCE posts_id_seq TO tenants_login WITH GRANT OPTION;
