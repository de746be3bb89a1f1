CREATE SCHEMA "BackOffice";
CREATE TABLE plans (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE customers (id bigint PRIMARY KEY, tenant text, name text NOT NULL) WITH (fillfactor = 20);
INSERT INTO customers SELECT i, NULL, 'name ' || i FROM generate_series(1, 3000) AS i;
CREATE TABLE orders (
    id bigint NOT NULL,
    tenant text,
    customer_id bigint CONSTRAINT "the customer" REFERENCES customers
) PARTITION BY RANGE (id);
CREATE TABLE orders_low PARTITION OF orders FOR VALUES FROM (MINVALUE) TO (1000);
-- Its columns stand in another order than those of its parent.
CREATE TABLE orders_high (customer_id bigint REFERENCES customers, tenant text, id bigint NOT NULL);
ALTER TABLE orders ATTACH PARTITION orders_high FOR VALUES FROM (1000) TO (MAXVALUE);
INSERT INTO orders SELECT i, NULL, 1 + i % 3000 FROM generate_series(1, 2000) AS i;
CREATE TABLE "BackOffice"."odd ""names/" ("Tenant" text, id bigint NOT NULL, "the order" bigint, data bytea);
INSERT INTO "BackOffice"."odd ""names/" SELECT NULL, i FROM generate_series(1, 100) AS i;
CREATE TABLE folders (id bigint PRIMARY KEY, tenant text, parent bigint CONSTRAINT parent REFERENCES folders);
INSERT INTO folders SELECT i, CASE i WHEN 1 THEN 'a' END, NULLIF(i / 2, 0) FROM generate_series(1, 100) AS i;
CREATE TABLE departments (id bigint, head bigint);
CREATE TABLE employees (id bigint, tenant integer);
