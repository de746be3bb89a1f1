-- Makes a million tenants out of nothing: by their numbers 92 of 100 active, and 100 each that failed or are being
-- provisioned. Indexes are made again behind the rows, as they were.
CREATE TEMPORARY TABLE again AS
    SELECT 0 AS place, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back
    FROM pg_constraint WHERE conrelid = 'tenants.tenant'::regclass AND contype = 'p'
    UNION ALL
    SELECT 1, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid = 'tenants.tenant'::regclass AND NOT indisprimary;

DO $$ DECLARE statement text; BEGIN
    FOR statement IN SELECT away FROM again LOOP EXECUTE statement; END LOOP;
    INSERT INTO tenants.tenant (id, slug, name, status, metadata, created_at)
        SELECT
            '00000000-0000-4000-8000-0000' || lpad(to_hex(n * 2654435761 % 4294967296), 8, '0'),
            CASE WHEN n % 50 <> 7 THEN 'acme-' || n END,
            CASE WHEN n % 50 <> 7 THEN 'Customer ' || n * 7 ELSE '' END,
            CASE
                WHEN n % 50 = 7 THEN 'purged'
                WHEN n % 100 < 3 THEN 'deleted'
                WHEN n % 100 < 6 THEN 'suspended'
                WHEN n % 10000 = 9999 THEN 'failed'
                WHEN n % 10000 = 9998 THEN 'provisioning'
                ELSE 'active'
            END,
            '{"plan": "gold", "seats": 12}',
            timestamptz '2026-01-01 00:00:00+00' + (n / 4) * interval '1 second'
        FROM generate_series(1, 1000000) AS n;
    FOR statement IN SELECT back FROM again ORDER BY place LOOP EXECUTE statement; END LOOP;
END $$;
