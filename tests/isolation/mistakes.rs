//! Plain mistakes of an application: nobody attacks.

use super::attack::*;

pub(super) const ATTACKS: &[Attack] = &[
    attack("B01", "`SELECT` without a filter", &[A("SELECT * FROM customers")], every(OwnRows)),
    attack(
        "B02",
        "`UPDATE` without a filter",
        &[A("UPDATE customers SET secret = 'mine' RETURNING *")],
        every(OwnRows),
    ),
    attack(
        "B03",
        "`DELETE` without a filter",
        &[A("DELETE FROM customers RETURNING *")],
        every(OwnRows),
    ),
    attack(
        "B04",
        "`INSERT` for another tenant",
        &[A("INSERT INTO customers (tenant, email, secret) VALUES ('{b}', 'x', 'x')")],
        every(DENIED),
    ),
    attack(
        "B05",
        "upsert onto another tenant's key",
        &[A("INSERT INTO customers (tenant, id, email, secret) VALUES ('{b}', 1, 'x', \
             'x') ON CONFLICT (tenant, id) DO UPDATE SET secret = excluded.secret \
             RETURNING *")],
        every(DENIED),
    ),
    attack(
        "B06",
        "`UPDATE` that moves a row, with `WHERE`",
        &[A("UPDATE accounts SET tenant = '{b}' WHERE id = 1")],
        every(DENIED),
    ),
    attack(
        "B07",
        "`UPDATE` that moves rows, without",
        &[A("UPDATE payments SET tenant = '{b}'")],
        every(DENIED),
    ),
    attack(
        "B08",
        "`UPDATE .. FROM` with a wrong join",
        &[A("UPDATE customers c SET secret = 'mine' FROM customers d WHERE c.id = d.id \
             RETURNING c.*, d.*")],
        every(OwnRows),
    ),
    attack(
        "B09",
        "`DELETE .. USING` with a wrong join",
        &[A("DELETE FROM invoices i USING customers c WHERE c.id > 0 RETURNING c.*")],
        every(OwnRows),
    ),
    attack(
        "B10",
        "a filter for another tenant",
        &[A("SELECT * FROM customers WHERE tenant = '{b}'")],
        every(OwnRows),
    ),
    attack(
        "B11",
        "rows by their place, `ctid`",
        &[A("SELECT * FROM customers WHERE ctid >= '(0,1)'")],
        every(OwnRows),
    ),
    attack(
        "B12",
        "`MERGE .. ON true`: the server looks at all rows, and refuses",
        &[A("MERGE INTO customers c USING (VALUES (1)) v (i) ON true WHEN MATCHED THEN \
             DELETE")],
        every(DENIED),
    )
    .since(150_000),
    attack(
        "B13",
        "`MERGE` that deletes",
        &[A("MERGE INTO customers c USING (VALUES ('{b}')) v (t) ON c.tenant = v.t WHEN \
             MATCHED THEN DELETE")],
        every(OwnRows),
    )
    .since(150_000),
    attack(
        "B14",
        "`MERGE` that inserts for another tenant",
        &[A("MERGE INTO customers c USING (VALUES ('{b}')) v (t) ON c.tenant = v.t AND \
             c.id = 4711 WHEN NOT MATCHED THEN INSERT (tenant, id, email, secret) \
             VALUES (v.t, 4711, 'x', 'x')")],
        every(DENIED),
    )
    .since(150_000),
    attack(
        "B15",
        "`MERGE .. WHEN NOT MATCHED BY SOURCE`",
        &[A("MERGE INTO customers c USING (VALUES (0)) v (i) ON c.id = v.i WHEN NOT \
             MATCHED BY SOURCE THEN DELETE RETURNING c.*")],
        every(OwnRows),
    )
    .since(170_000),
    attack(
        "B16",
        "`MERGE .. RETURNING old.*, new.*`",
        &[A("MERGE INTO customers c USING (VALUES (1)) v (i) ON c.id > 0 WHEN MATCHED \
             THEN UPDATE SET secret = 'mine' RETURNING old.*, new.*")],
        every(OwnRows),
    )
    .since(180_000),
    attack(
        "B17",
        "`UPDATE .. RETURNING old.*`",
        &[A("UPDATE customers SET secret = 'mine' RETURNING old.*, new.*")],
        every(OwnRows),
    )
    .since(180_000),
    attack(
        "B18",
        "upsert with `RETURNING old.*`",
        &[A("INSERT INTO customers (id, email, secret) VALUES (1, 'x', 'x') ON CONFLICT \
             (tenant, id) DO UPDATE SET secret = 'mine' RETURNING old.*, new.*")],
        every(OwnRows),
    )
    .since(180_000),
    attack("B19", "`COPY .. TO STDOUT`", &[A("COPY customers TO STDOUT")], every(OwnRows))
        .raw_only(),
    attack(
        "B20",
        "`COPY (SELECT ..) TO STDOUT`",
        &[A("COPY (SELECT * FROM customers) TO STDOUT")],
        every(OwnRows),
    )
    .raw_only(),
    attack(
        "B21",
        "`COPY .. FROM STDIN`",
        &[A("COPY customers FROM STDIN")],
        every(blocked("0A000")),
    ),
    attack("B22", "`COPY .. TO PROGRAM`", &[A("COPY customers TO PROGRAM 'true'")], every(DENIED)),
    attack(
        "B23",
        "`COPY .. FROM` a file",
        &[A("COPY customers FROM '/etc/passwd'")],
        every(DENIED),
    ),
    attack("B24", "`TRUNCATE`", &[A("TRUNCATE customers CASCADE")], every(DENIED)),
    attack(
        "B25",
        "`table_to_xml`",
        &[A("SELECT table_to_xml('customers', true, true, '')")],
        every(OwnRows),
    ),
    attack(
        "B26",
        "`schema_to_xml`",
        &[A("SELECT schema_to_xml('public', true, true, '')")],
        every(OwnRows),
    ),
    attack(
        "B27",
        "`database_to_xml`",
        &[A("SELECT database_to_xml(true, true, '')")],
        every(OwnRows),
    ),
    attack(
        "B28",
        "`query_to_xml_and_xmlschema`",
        &[A("SELECT query_to_xml_and_xmlschema('SELECT * FROM customers', true, true, \
             '')")],
        every(OwnRows),
    ),
    attack(
        "B29",
        "`ts_stat` over the table",
        &[A("SELECT word FROM ts_stat('SELECT array_to_tsvector(ARRAY[secret]) FROM \
             customers')")],
        every(OwnRows),
    ),
    attack(
        "B30",
        "`ts_rewrite` with a query",
        &[A("SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, \
             quote_literal(secret)::tsquery FROM customers ORDER BY secret DESC')")],
        every(OwnRows),
    ),
    attack(
        "B31",
        "a whole row",
        &[A("SELECT c, to_jsonb(c), c::text FROM customers c")],
        every(OwnRows),
    ),
    attack(
        "B32",
        "aggregates over rows",
        &[A("SELECT array_agg(c), jsonb_agg(c), count(*) FROM customers c")],
        every(OwnRows),
    ),
    attack(
        "B33",
        "a window over all rows",
        &[A("SELECT first_value(secret) OVER (ORDER BY tenant = '{b}' DESC, id DESC) \
             FROM customers")],
        every(OwnRows),
    ),
    attack(
        "B34",
        "a recursive query",
        &[A("WITH RECURSIVE x AS (SELECT * FROM customers WHERE id = 1 UNION SELECT c.* \
             FROM x JOIN customers c ON c.id = x.id + 1) SELECT * FROM x")],
        every(OwnRows),
    ),
    attack(
        "B35",
        "`TABLESAMPLE`",
        &[A("SELECT * FROM customers TABLESAMPLE SYSTEM (100)")],
        every(OwnRows),
    ),
    attack(
        "B36",
        "`SELECT .. FOR UPDATE`",
        &[A("SELECT * FROM customers FOR UPDATE")],
        every(OwnRows),
    ),
    attack(
        "B37",
        "`UNION` and `EXCEPT`",
        &[A("SELECT secret FROM customers UNION SELECT secret FROM accounts EXCEPT \
             SELECT 'x'")],
        every(OwnRows),
    ),
    attack(
        "B38",
        "a subquery and `EXISTS`",
        &[A("SELECT (SELECT string_agg(secret, ',') FROM customers), EXISTS (SELECT \
             FROM customers WHERE tenant = '{b}')")],
        every(OwnRows),
    ),
    attack(
        "B39",
        "`INSERT .. SELECT` of everything",
        &[A("INSERT INTO customers (email, secret) SELECT email || tenant, secret FROM \
             customers RETURNING secret")],
        every(OwnRows),
    ),
    attack(
        "B40",
        "a row for no tenant",
        &[A("INSERT INTO customers (tenant, email, secret) VALUES (NULL, 'x', 'x')")],
        every(DENIED),
    ),
    attack(
        "B41",
        "a row for the empty tenant",
        &[A("INSERT INTO customers (tenant, email, secret) VALUES ('', 'x', 'x')")],
        every(DENIED),
    ),
    attack(
        "B42",
        "a reference to another tenant's row",
        &[A("INSERT INTO invoices (customer, amount) VALUES (40, 1)")],
        every(blocked("23503")),
    ),
    attack(
        "B43",
        "the same, deferred until `COMMIT`",
        &[
            A("SET CONSTRAINTS ALL DEFERRED"),
            A("INSERT INTO invoices (customer, amount) VALUES (40, 1)"),
        ],
        every(blocked("23503")),
    ),
    attack(
        "B44",
        "a cascade from a row with the same key",
        &[A("DELETE FROM customers WHERE id = 1")],
        every(OwnRows),
    ),
    attack("B45", "a partitioned table", &[A("SELECT * FROM visits")], every(OwnRows)),
    attack(
        "B46",
        "a row of a partition moved to another tenant",
        &[A("UPDATE visits SET tenant = '{b}'")],
        every(DENIED),
    ),
    attack("B47", "a partition by its own name", &[A("SELECT * FROM visits_old")], every(DENIED)),
    attack(
        "B48",
        "a partition that the owner added, through its parent",
        &[
            Owner(
                "CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2026-01-01') \
             TO (MAXVALUE)",
            ),
            Root("INSERT INTO visits VALUES ('{b}', '2026-02-01', 'SECRET_B')"),
            A("SELECT * FROM visits"),
        ],
        every(OwnRows),
    ),
    attack(
        "B49",
        "the same by its own name",
        &[
            Owner(
                "CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2026-01-01') \
             TO (MAXVALUE)",
            ),
            Root("INSERT INTO visits VALUES ('{b}', '2026-02-01', 'SECRET_B')"),
            A("SELECT * FROM visits_new"),
        ],
        every(DENIED),
    ),
    attack(
        "B50",
        "a new table of the owner, of which nobody thought",
        &[
            Owner(
                "CREATE TABLE forgotten AS SELECT '{b}'::text AS tenant, 'SECRET_B'::text \
             AS secret",
            ),
            A("SELECT * FROM forgotten"),
        ],
        every(DENIED),
    ),
    attack(
        "B51",
        "a cast that fails at others' rows",
        &[A("SELECT (CASE WHEN secret LIKE 'SECRET\\_B%' THEN secret ELSE '1' END)::int \
             FROM customers")],
        every(OwnRows),
    ),
    attack(
        "B52",
        "a cast that fails at every row",
        &[A("SELECT 1 FROM customers WHERE secret::int = 1")],
        every(blocked("22P02")),
    ),
    attack(
        "B53",
        "an index of others' rows alone",
        &[A("SET LOCAL enable_seqscan = off"), A("SELECT * FROM customers WHERE email LIKE 'b%'")],
        every(OwnRows),
    ),
    attack(
        "B54",
        "a parallel plan",
        &[
            A("SET LOCAL parallel_setup_cost = 0"),
            A("SET LOCAL parallel_tuple_cost = 0"),
            A("SET LOCAL min_parallel_table_scan_size = 0"),
            A("SELECT secret FROM customers"),
        ],
        every(OwnRows),
    ),
    attack(
        "B55",
        "`json_populate_recordset` and `SETOF` functions of rows",
        &[A("SELECT r.* FROM customers c, LATERAL json_populate_record(c, '{}') r")],
        every(OwnRows),
    ),
    attack(
        "B56",
        "statements behind an error that was caught",
        &[
            A("SAVEPOINT x"),
            A("SELECT secret FROM customers ORDER BY id LIMIT 1"),
            A("ROLLBACK TO x"),
            A("SELECT secret FROM customers"),
        ],
        every(OwnRows),
    ),
    attack(
        "B57",
        "`MERGE` that updates, without a filter",
        &[A("MERGE INTO customers c USING (VALUES (1)) v (i) ON c.id > 0 WHEN MATCHED \
             THEN UPDATE SET secret = 'mine'")],
        every(OwnRows),
    )
    .since(150_000),
];
