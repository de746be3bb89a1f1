-- What the two tenants have: `{a}` little, `{b}` more, so that numbers tell whose they are.
TRUNCATE "public"."customers", "public"."invoices", "public"."visits", "public"."accounts", "public"."payments"
    RESTART IDENTITY;
INSERT INTO "public"."customers" ("tenant", "id", "email", "secret")
    SELECT '{a}', n, 'a' || n || '@example.com', 'SECRET_A' || n FROM generate_series(1, 3) AS n
    UNION ALL
    SELECT '{b}', n, 'b' || n || '@example.com', 'SECRET_B' || n FROM generate_series(1, 40) AS n;
INSERT INTO "public"."invoices" ("tenant", "id", "customer", "amount")
    SELECT "tenant", "id", "id", 100 * "id" FROM "public"."customers";
INSERT INTO "public"."visits" ("tenant", "day", "secret")
    SELECT "tenant", '2025-12-24', "secret" FROM "public"."customers";
INSERT INTO "public"."accounts" ("tenant", "id", "name", "secret")
    VALUES ('{a}', 1, 'name of a', 'SECRET_A'), ('{b}', 2, 'name of b', 'SECRET_B');
INSERT INTO "public"."payments" ("tenant", "id", "account") VALUES ('{a}', 1, 1), ('{b}', 2, 2);
SELECT pg_catalog.setval('"public"."customers_id_seq"', 100), pg_catalog.setval('"public"."invoices_id_seq"', 100);
ANALYZE "public"."customers", "public"."accounts";
SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata;
