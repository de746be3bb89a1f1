CREATE TABLE orders (
    id bigserial,
    tenant bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
