-- The same rows twice: under policies, and without. 1000 is `ROWS` in `request.rs`.
INSERT INTO "public"."posts" ("id", "tenant", "title")
    SELECT n, t."id", 'post ' || n || ' of ' || t."id"
    FROM "tenants"."tenant" AS t, generate_series(1, 1000) AS n
    ORDER BY t."id", n;
INSERT INTO "public"."plain_posts" ("id", "tenant", "title")
    SELECT "id", "tenant", "title" FROM "public"."posts" ORDER BY "tenant", "id";
