CREATE SCHEMA "BackOffice";
CREATE TABLE plans (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE customers (
    tenant text NOT NULL,
    loud text GENERATED ALWAYS AS (upper(name)) STORED,
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    born date,
    PRIMARY KEY (tenant, id)
);
CREATE TABLE orders (
    tenant text NOT NULL,
    id bigint NOT NULL,
    customer_id bigint NOT NULL,
    price double precision,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, customer_id) REFERENCES customers
) PARTITION BY RANGE (id);
CREATE TABLE orders_low PARTITION OF orders FOR VALUES FROM (MINVALUE) TO (10);
-- Its columns stand in another order than those of its parent.
CREATE TABLE orders_high (id bigint NOT NULL, price double precision, customer_id bigint NOT NULL, tenant text NOT NULL);
ALTER TABLE orders ATTACH PARTITION orders_high FOR VALUES FROM (10) TO (MAXVALUE);
CREATE TABLE "BackOffice"."odd ""names/" (
    "Tenant" text NOT NULL,
    id bigint NOT NULL,
    "the order" bigint,
    data bytea,
    PRIMARY KEY ("Tenant", id),
    FOREIGN KEY ("Tenant", "the order") REFERENCES orders
);
CREATE TABLE folders (
    tenant text NOT NULL,
    id bigint NOT NULL,
    parent bigint,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, parent) REFERENCES folders ON DELETE RESTRICT
);
CREATE TABLE departments (tenant text NOT NULL, id bigint NOT NULL, head bigint, PRIMARY KEY (tenant, id));
CREATE TABLE employees (
    tenant text NOT NULL,
    id bigint NOT NULL,
    department bigint NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, department) REFERENCES departments
);
ALTER TABLE departments ADD FOREIGN KEY (tenant, head) REFERENCES employees DEFERRABLE
