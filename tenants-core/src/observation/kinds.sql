SELECT
    o."relation" AS "table",
    o."side",
    o."is_scoped",
    o."login",
    o."role",
    o."application",
    o."statement",
    count(*) AS "records",
    to_char(min(o."seen_at") AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') AS "first",
    to_char(max(o."seen_at") AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') AS "last"
FROM "tenants"."observation" AS o
GROUP BY o."digest", o."relation", o."side", o."is_scoped", o."login", o."role", o."application", o."statement"
ORDER BY max(o."seen_at") DESC, "records" DESC, "table", "side"
