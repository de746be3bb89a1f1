-- For each of two tenants, the same ids.
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO customers (tenant, id, name, born) OVERRIDING SYSTEM VALUE
    SELECT t, i, t || E'\t\\ \n\r\\. ü 🦀 ' || i, '2026-03-02'::date - i FROM unnest('{a,b}'::text[]) AS t, generate_series(1, 9) AS i;
INSERT INTO orders (tenant, id, customer_id, price)
    SELECT t, i, 1 + i % 9, CASE i % 3 WHEN 0 THEN NULL ELSE 0.1::float8 + i / 3.0 END FROM unnest('{a,b}'::text[]) AS t, generate_series(1, 25) AS i;
INSERT INTO "BackOffice"."odd ""names/"
    SELECT t, i, i, decode('00ff5c0a', 'hex') FROM unnest('{a,b}'::text[]) AS t, generate_series(1, 20) AS i;
INSERT INTO folders SELECT t, i, NULLIF(i / 2, 0) FROM unnest('{a,b}'::text[]) AS t, generate_series(1, 12) AS i;
INSERT INTO departments SELECT t, i, i FROM unnest('{a,b}'::text[]) AS t, generate_series(1, 3) AS i;
INSERT INTO employees SELECT t, i, 1 + i % 3 FROM unnest('{a,b}'::text[]) AS t, generate_series(1, 6) AS i;
INSERT INTO plans VALUES (1, 'free');
COMMIT
