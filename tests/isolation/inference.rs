//! What can be learned about others, and done to them, without their rows.

use super::attack::*;

pub(super) const ATTACKS: &[Attack] = &[
    attack(
        "I01",
        "a unique key that begins with the tenant",
        &[
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x'); COMMIT"),
            A("INSERT INTO customers (id, email, secret) VALUES (77, 'x', 'x') RETURNING \
             email"),
        ],
        every(OwnRows),
    ),
    attack(
        "I02",
        "a unique key without the tenant",
        &[
            Secretly(
                Victim,
                "INSERT INTO accounts (id, name, secret) VALUES (78, 'x', 'x'); COMMIT",
            ),
            A("INSERT INTO accounts (id, name, secret) VALUES (77, 'x', 'x') RETURNING \
             name"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I03",
        "the same with `ON CONFLICT DO NOTHING`",
        &[
            Secretly(
                Victim,
                "INSERT INTO accounts (id, name, secret) VALUES (78, 'x', 'x'); COMMIT",
            ),
            A("INSERT INTO accounts (id, name, secret) VALUES (77, 'x', 'x') ON CONFLICT \
             DO NOTHING RETURNING name"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I04",
        "`ON CONFLICT DO NOTHING` on a key that begins with the tenant",
        &[
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x'); COMMIT"),
            A("INSERT INTO customers (id, email, secret) VALUES (77, 'x', 'x') ON \
             CONFLICT DO NOTHING RETURNING email"),
        ],
        every(OwnRows),
    ),
    attack(
        "I05",
        "`ON CONFLICT DO UPDATE .. WHERE` with a cast of the secret, on a key \
             without the tenant",
        &[A("INSERT INTO accounts (id, name, secret) VALUES (77, 'name of b', 'x') ON \
             CONFLICT (name) DO UPDATE SET name = excluded.name WHERE \
             accounts.secret::int = 1")],
        every(DENIED),
    )
    .unfixed(Open(Read)),
    attack(
        "I06",
        "the same on a key that begins with the tenant",
        &[A("INSERT INTO customers (id, email, secret) VALUES (77, 'b1@example.com', \
             'x') ON CONFLICT (tenant, email) DO UPDATE SET email = excluded.email \
             WHERE customers.secret::int = 1")],
        every(OwnRows),
    ),
    attack(
        "I07",
        "a foreign key without the tenant: does the row exist?",
        &[
            Secretly(
                Victim,
                "INSERT INTO accounts (id, name, secret) VALUES (78, 'x', 'x'); COMMIT",
            ),
            A("INSERT INTO payments (id, account) VALUES (77, 78) RETURNING id"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I08",
        "`ON DELETE CASCADE` along a foreign key without the tenant",
        &[
            B("INSERT INTO payments (id, account) VALUES (78, 1); COMMIT"),
            A("DELETE FROM payments WHERE id = 1"),
            A("DELETE FROM accounts WHERE id = 1"),
        ],
        every(Open(Write)),
    ),
    attack(
        "I09",
        "`ON UPDATE CASCADE` along the same",
        &[
            B("INSERT INTO payments (id, account) VALUES (78, 1); COMMIT"),
            A("UPDATE accounts SET id = 77 WHERE id = 1"),
        ],
        every(Open(Write)),
    ),
    attack(
        "I10",
        "a foreign key that begins with the tenant: does the row exist?",
        &[
            Secretly(
                Victim,
                "INSERT INTO customers (id, email, secret) VALUES (78, 'x', 'x'); COMMIT",
            ),
            A("INSERT INTO invoices (customer, amount) VALUES (78, 1) RETURNING amount"),
        ],
        every(blocked("23503")),
    ),
    attack(
        "I11",
        "gaps in the numbers that a sequence gives",
        &[
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x'); COMMIT"),
            A("INSERT INTO customers (email, secret) VALUES ('y', 'y') RETURNING id"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I12",
        "`nextval` of an identity column's sequence",
        &[A("SELECT nextval('customers_id_seq')")],
        every(DENIED),
    ),
    attack(
        "I13",
        "`setval` of the same",
        &[A("SELECT setval('customers_id_seq', 1)")],
        every(DENIED),
    ),
    attack(
        "I14",
        "the sequence as a table",
        &[A("SELECT last_value FROM customers_id_seq")],
        every(DENIED),
    ),
    attack(
        "I15",
        "`pg_sequences`",
        &[
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x'); COMMIT"),
            A("SELECT last_value FROM pg_sequences WHERE sequencename = \
             'customers_id_seq'"),
        ],
        every(OwnRows),
    ),
    attack(
        "I16",
        "`EXPLAIN ANALYZE`: rows removed by the filter",
        &[
            Secretly(Victim, "DELETE FROM customers; COMMIT"),
            A("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM \
             customers"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I17",
        "`EXPLAIN`: estimates from the statistics of all rows",
        &[
            Secretly(
                Server,
                "INSERT INTO accounts SELECT '{b}', n, 'n' || n, 'common' FROM \
             generate_series(100, 1000) n; ANALYZE accounts",
            ),
            A("EXPLAIN SELECT * FROM accounts WHERE secret = 'common'"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I18",
        "`EXPLAIN (GENERIC_PLAN)`",
        &[A("EXPLAIN (GENERIC_PLAN) SELECT * FROM customers WHERE id = $1")],
        every(OwnRows),
    )
    .since(160_000)
    .pooled(BLOCKED),
    attack(
        "I19",
        "`pg_stats`",
        &[A("SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats WHERE \
             tablename IN ('customers', 'accounts')")],
        every(OwnRows),
    ),
    attack("I20", "`pg_statistic`", &[A("SELECT * FROM pg_statistic")], every(DENIED)),
    attack(
        "I21",
        "`pg_stats_ext` and `pg_stats_ext_exprs`",
        &[
            Owner(
                "CREATE STATISTICS s (mcv) ON email, secret FROM customers; CREATE \
             STATISTICS e ON (upper(secret)) FROM customers",
            ),
            Root("ANALYZE customers"),
            A("SELECT most_common_vals::text FROM pg_stats_ext"),
            A("SELECT most_common_vals::text, histogram_bounds::text FROM \
             pg_stats_ext_exprs"),
        ],
        every(OwnRows),
    ),
    attack(
        "I22",
        "`pg_class.reltuples`",
        &[
            Secretly(
                Server,
                "INSERT INTO accounts SELECT '{b}', n, 'n' || n, 'x' FROM \
             generate_series(100, 1000) n; ANALYZE accounts",
            ),
            A("SELECT reltuples FROM pg_class WHERE relname = 'accounts'"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I23",
        "`pg_relation_size`",
        &[
            Secretly(
                Victim,
                "INSERT INTO accounts (id, name, secret) SELECT n, 'n' || n, 'x' FROM \
             generate_series(100, 1000) n; COMMIT",
            ),
            A("SELECT pg_relation_size('accounts')"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I24",
        "the place of a new row, `ctid`",
        &[
            Secretly(
                Victim,
                "INSERT INTO accounts (id, name, secret) VALUES (78, 'x', 'x'); COMMIT",
            ),
            A("INSERT INTO accounts (id, name, secret) VALUES (77, 'y', 'y') RETURNING \
             ctid::text"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I25",
        "waiting for an uncommitted row, with a unique key that begins with the \
             tenant",
        &[
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x')"),
            A("SET LOCAL lock_timeout = '300ms'"),
            A("INSERT INTO customers (id, email, secret) VALUES (77, 'x', 'x') RETURNING \
             email"),
        ],
        every(OwnRows),
    ),
    attack(
        "I26",
        "the same, with a unique key without the tenant",
        &[
            Secretly(Victim, "INSERT INTO accounts (id, name, secret) VALUES (78, 'x', 'x')"),
            A("SET LOCAL lock_timeout = '300ms'"),
            A("INSERT INTO accounts (id, name, secret) VALUES (77, 'x', 'x') RETURNING \
             name"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I27",
        "an uncommitted row with such a key: the other one waits",
        &[
            A("INSERT INTO accounts (id, name, secret) VALUES (77, 'x', 'x')"),
            B("INSERT INTO accounts (id, name, secret) VALUES (78, 'x', 'x')"),
        ],
        every(Open(Hindrance)),
    ),
    attack(
        "I28",
        "`FOR UPDATE NOWAIT` where the other one locks her rows",
        &[
            Secretly(Victim, "SELECT * FROM customers FOR UPDATE"),
            A("SELECT id, email FROM customers FOR UPDATE NOWAIT"),
        ],
        every(OwnRows),
    ),
    attack(
        "I29",
        "`FOR UPDATE SKIP LOCKED` where the other one locks her rows",
        &[
            Secretly(Victim, "SELECT * FROM customers FOR UPDATE"),
            A("SELECT id, email FROM customers FOR UPDATE SKIP LOCKED"),
        ],
        every(OwnRows),
    ),
    attack(
        "I30",
        "locks of own rows, in the way of others",
        &[A("SELECT * FROM customers FOR UPDATE"), B("UPDATE customers SET email = id::text")],
        every(OwnRows),
    ),
    attack(
        "I31",
        "`pg_locks`",
        &[
            Secretly(Victim, "UPDATE customers SET email = email"),
            A("SELECT count(*) FROM pg_locks WHERE relation = 'customers'::regclass AND \
             mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I32",
        "`pg_stat_activity`: what others run",
        &[
            B("SELECT 'SECRET_B'"),
            A("SELECT query FROM pg_stat_activity WHERE datname = current_database() AND \
             pid <> pg_backend_pid()"),
        ],
        every(OwnRows),
    ),
    attack(
        "I33",
        "`pg_stat_activity`: how many they are",
        &[
            Secretly(Victim, "SELECT 1"),
            A("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND usename = 'app_login'"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I34",
        "`pg_cancel_backend` of another session",
        &[
            B("SELECT 1"),
            A("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = \
             current_database() AND pid <> pg_backend_pid()"),
        ],
        every(DENIED),
    ),
    attack(
        "I35",
        "`pg_terminate_backend` of another session",
        &[
            B("SELECT 1"),
            A("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \
             current_database() AND usename = 'app_login' AND pid <> pg_backend_pid()"),
            B("SELECT 1"),
        ],
        every(DENIED),
    ),
    attack(
        "I36",
        "`LISTEN` to a channel of the other one's",
        &[A("LISTEN mail"), A("COMMIT"), B("NOTIFY mail, 'SECRET_B'; COMMIT"), A("SELECT 1")],
        every(Open(Read)),
    )
    .pooled(CONTROL),
    attack(
        "I37",
        "`pg_notify` while the other one listens: nobody knows who sent it",
        &[Secretly(Victim, "LISTEN mail"), A("SELECT pg_notify('mail', 'from a')")],
        every(OwnRows),
    ),
    attack(
        "I38",
        "a large object of the other one's",
        &[
            B("SELECT lo_from_bytea(4242, 'SECRET_B'); COMMIT"),
            A("SELECT convert_from(lo_get(4242), 'UTF8')"),
        ],
        by_role(Open(Read), DENIED),
    ),
    attack(
        "I39",
        "the same, overwritten",
        &[B("SELECT lo_from_bytea(4242, 'SECRET_B'); COMMIT"), A("SELECT lo_put(4242, 0, 'mine')")],
        by_role(Open(Write), DENIED),
    ),
    attack(
        "I40",
        "the same, deleted",
        &[B("SELECT lo_from_bytea(4242, 'SECRET_B'); COMMIT"), A("SELECT lo_unlink(4242)")],
        by_role(Open(Write), DENIED),
    ),
    attack(
        "I41",
        "the list of large objects",
        &[
            Secretly(Victim, "SELECT lo_from_bytea(4242, 'x'); COMMIT"),
            A("SELECT count(*) FROM pg_largeobject_metadata"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I42",
        "the pages of large objects",
        &[A("SELECT * FROM pg_largeobject")],
        every(DENIED),
    ),
    attack(
        "I43",
        "the list of tenants in `pg_roles`",
        &[A("SELECT 'KNOWN_' || 'B' FROM pg_roles WHERE rolname ~ '^tenant_' AND \
             rolname = '{role_b}'")],
        by_role(OwnRows, Open(Oracle)),
    ),
    attack(
        "I44",
        "the same in `pg_auth_members`",
        &[A("SELECT 'KNOWN_' || 'B' FROM pg_auth_members WHERE roleid::regrole::text ~ \
             '^tenant_' AND roleid::regrole::text = '{role_b}'")],
        by_role(OwnRows, Open(Oracle)),
    ),
    attack(
        "I45",
        "cursors and prepared statements of others",
        &[
            Secretly(
                Victim,
                "DECLARE c CURSOR FOR SELECT 'SECRET_B'; PREPARE q AS SELECT 'SECRET_B'",
            ),
            A("SELECT count(*) FROM pg_cursors"),
            A("SELECT count(*) FROM pg_prepared_statements WHERE from_sql"),
        ],
        every(OwnRows),
    ),
    attack(
        "I46",
        "transactions that run, in `pg_current_snapshot`",
        &[
            B("UPDATE customers SET email = email"),
            Secretly(Server, "SELECT pg_current_xact_id()"),
            A("SELECT 'KNOWN_' || 'B' FROM pg_snapshot_xip(pg_current_snapshot()) x WHERE \
             pg_xact_status(x) = 'in progress'"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "I47",
        "`pg_export_snapshot`",
        &[A("SELECT length(pg_export_snapshot()) > 0"), A("SELECT secret FROM customers")],
        every(OwnRows),
    ),
    attack(
        "I48",
        "`LOCK TABLE .. IN ACCESS EXCLUSIVE MODE`",
        &[A("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE"), B("SELECT 1 FROM customers")],
        every(Open(Hindrance)),
    ),
    attack(
        "I49",
        "an advisory lock that the other one wants",
        &[A("SELECT pg_advisory_xact_lock(1)"), B("SELECT pg_advisory_xact_lock(1)")],
        every(Open(Hindrance)),
    ),
    attack(
        "I50",
        "`LOCK TABLE` of a table that all tenants read",
        &[A("LOCK TABLE plans IN EXCLUSIVE MODE")],
        every(DENIED),
    ),
    attack(
        "I51",
        "a write to a table that all tenants read",
        &[A("UPDATE plans SET name = 'mine'")],
        every(DENIED),
    ),
    attack(
        "I52",
        "logical decoding",
        &[A("SELECT pg_create_logical_replication_slot('mine', 'test_decoding')")],
        every(DENIED),
    ),
    attack(
        "I53",
        "a physical replication slot",
        &[A("SELECT pg_create_physical_replication_slot('mine')")],
        every(DENIED),
    ),
    attack("I54", "`pg_read_file`", &[A("SELECT pg_read_file('postgresql.conf')")], every(DENIED)),
    attack("I55", "`pg_ls_dir`", &[A("SELECT pg_ls_dir('.')")], every(DENIED)),
    attack("I56", "`lo_import`", &[A("SELECT lo_import('/etc/passwd')")], every(DENIED)),
    attack("I57", "`lo_export`", &[A("SELECT lo_export(4242, '/tmp/mine')")], every(DENIED)),
    attack("I58", "`pg_reload_conf`", &[A("SELECT pg_reload_conf()")], every(DENIED)),
    attack("I59", "`pg_stat_reset`", &[A("SELECT pg_stat_reset()")], every(DENIED)),
    attack(
        "I60",
        "`pg_hba_file_rules` and `pg_shadow`",
        &[A("SELECT * FROM pg_shadow")],
        every(DENIED),
    ),
    attack(
        "I61",
        "`pg_user_mappings` and passwords of foreign servers",
        &[A("SELECT umoptions FROM pg_user_mapping")],
        every(DENIED),
    ),
    attack(
        "I62",
        "texts of policies, views and functions",
        &[
            A("SELECT qual, with_check FROM pg_policies"),
            A("SELECT pg_get_viewdef('pg_policies'::regclass)"),
        ],
        every(OwnRows),
    ),
    attack(
        "I63",
        "`information_schema`",
        &[A("SELECT table_name, column_name, column_default FROM \
             information_schema.columns WHERE table_schema = 'public'")],
        every(OwnRows),
    ),
    attack("I64", "`pg_prepared_xacts`", &[A("SELECT gid FROM pg_prepared_xacts")], every(OwnRows)),
    attack(
        "I65",
        "`pg_stat_replication` and `pg_stat_ssl`",
        &[A("SELECT client_addr FROM pg_stat_replication"), A("SELECT client_dn FROM pg_stat_ssl")],
        every(OwnRows),
    ),
    attack(
        "I66",
        "`ANALYZE`, to refresh what estimates tell",
        &[A("ANALYZE (VERBOSE) customers")],
        every(OwnRows),
    ),
    attack(
        "I67",
        "`pg_get_backend_memory_contexts` and `pg_log_backend_memory_contexts`",
        &[A("SELECT pg_log_backend_memory_contexts(pg_backend_pid())")],
        every(DENIED),
    ),
    attack(
        "I68",
        "an error in a unique key tells no values",
        &[A("INSERT INTO accounts (id, name, secret) VALUES (2, 'mine', 'x')")],
        every(blocked("23505")),
    ),
    attack(
        "I69",
        "`MERGE .. ON true`: how many rows there are",
        &[
            Secretly(Victim, "DELETE FROM customers; COMMIT"),
            A("MERGE INTO customers USING (VALUES (1)) v (i) ON true WHEN MATCHED AND \
             set_config('my.count', coalesce(current_setting('my.count', true), '') || \
             '.', true) = '' THEN DELETE"),
            A("SELECT length(current_setting('my.count'))"),
        ],
        every(Open(Oracle)),
    )
    .since(150_000),
];
