//! What one tenant leaves on a connection, and the next one on it must not find.

use super::attack::*;

/// Lets everybody make temporary objects, as an application may that needs them.
const TEMPORARY: Step = Root("GRANT TEMPORARY ON DATABASE {db} TO PUBLIC");

pub(super) const ATTACKS: &[Attack] = &[
    attack(
        "P01",
        "a cursor `WITH HOLD`",
        &[B("DECLARE c CURSOR WITH HOLD FOR SELECT secret FROM customers"), A("FETCH ALL FROM c")],
        every(blocked("34000")),
    )
    .handed_on(),
    attack(
        "P02",
        "a prepared statement",
        &[B("PREPARE q AS SELECT secret FROM customers"), B("EXECUTE q"), A("EXECUTE q")],
        every(OwnRows),
    )
    .pooled(BLOCKED)
    .handed_on(),
    attack(
        "P03",
        "a temporary table with what the other one read",
        &[
            TEMPORARY,
            B("CREATE TEMP TABLE loot AS SELECT secret FROM customers"),
            A("SELECT * FROM loot"),
        ],
        every(blocked("42P01")),
    )
    .handed_on(),
    attack(
        "P04",
        "a temporary table that hides a table of all",
        &[
            TEMPORARY,
            A("CREATE TEMP TABLE plans AS SELECT 1 AS id, 'PLANTED' AS name"),
            A("GRANT ALL ON plans TO PUBLIC"),
            B("SELECT name FROM plans"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P05",
        "a temporary function that hides one of all",
        &[
            TEMPORARY,
            A("CREATE FUNCTION pg_temp.touch(text) RETURNS text LANGUAGE sql AS $$ SELECT \
             'PLANTED' $$"),
            A("SET search_path = pg_temp, public"),
            B("SELECT touch('x')"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P06",
        "an advisory lock of the session",
        &[
            A("SELECT pg_advisory_lock(7)"),
            B("SELECT 'PLANTED' FROM pg_locks WHERE locktype = 'advisory' AND pid = \
             pg_backend_pid()"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P07",
        "a channel that the other one listens to",
        &[B("LISTEN mail"), A("SELECT 'SECRET_' || 'B' FROM pg_listening_channels()")],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P08",
        "the scope of the other one, set for the session",
        &[
            B("SET tenants.tenant = '{b}'"),
            B("SET ROLE '{role_b}'"),
            A("SELECT secret FROM customers"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P09",
        "a switch for the session, by oneself, for one's next checkout",
        &[A("SELECT {keep}"), Again, A("SELECT secret FROM customers")],
        every(LOST_RAW),
    )
    .pooled(OwnRows)
    .handed_on(),
    attack(
        "P10",
        "a `search_path`",
        &[
            A("SET search_path = tenants"),
            B("SELECT 'PLANTED' WHERE current_setting('search_path') = 'tenants'"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P11",
        "a read-only session",
        &[
            A("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"),
            B("SELECT 'PLANTED' WHERE current_setting('transaction_read_only') = 'on'"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P12",
        "a `statement_timeout`",
        &[
            A("SET statement_timeout = '54321s'"),
            B("SELECT 'PLANTED' WHERE current_setting('statement_timeout') = '54321s'"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P13",
        "a setting of the application's",
        &[
            B("SELECT set_config('app.user', 'SECRET_B', false)"),
            A("SELECT current_setting('app.user', true)"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P14",
        "`lastval` and `currval`",
        &[
            Root("CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO PUBLIC"),
            B("SELECT nextval('numbers')"),
            A("SELECT lastval()"),
        ],
        every(blocked("55000")),
    )
    .handed_on(),
    attack(
        "P15",
        "`row_security = off`",
        &[A("SET row_security = off"), B("SELECT count(*) FROM customers")],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P16",
        "another encoding",
        &[
            A("SET client_encoding = 'LATIN1'"),
            B("SELECT 'PLANTED' WHERE current_setting('client_encoding') <> 'UTF8'"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P17",
        "`session_authorization` of the session",
        &[
            A("SET SESSION AUTHORIZATION app_login"),
            B("SELECT 'PLANTED' WHERE session_user <> 'app_login'"),
        ],
        every(LOST_RAW),
    )
    .pooled(OwnRows)
    .handed_on(),
    attack(
        "P18",
        "an error in the transaction",
        &[A("SELECT 1 / 0"), B("SELECT count(*) FROM customers")],
        every(blocked("22012")),
    )
    .handed_on(),
    attack(
        "P19",
        "`RESET ROLE`, and nothing else",
        &[A("RESET ROLE"), B("SELECT 'PLANTED' WHERE current_user <> '{role_b}'")],
        every(LOST_RAW),
    )
    .pooled(OwnRows)
    .handed_on(),
    attack(
        "P20",
        "`setseed`, and the other one's `random`",
        &[A("SELECT setseed(0.5)"), B("SELECT 'PLANTED' WHERE random() = 0.98520353958401")],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P21",
        "a savepoint that was left",
        &[B("SAVEPOINT x"), A("ROLLBACK TO x")],
        every(blocked("3B001")),
    )
    .handed_on(),
    attack(
        "P22",
        "several statements in one message, `BEGIN` without an end among them",
        &[Batch("BEGIN; SET LOCAL {set}"), B("SELECT count(*) FROM customers")],
        every(LOST_RAW),
    )
    .pooled(BATCH)
    .handed_on(),
    attack(
        "P23",
        "a `NOTIFY` that is not sent before the next one commits",
        &[A("NOTIFY mail, 'PLANTED'"), B("LISTEN mail"), B("SELECT 1")],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "P24",
        "deferred constraints",
        &[
            A("SET CONSTRAINTS ALL DEFERRED"),
            A("INSERT INTO invoices (customer, amount) VALUES (4711, 1)"),
            B("SELECT count(*) FROM customers"),
        ],
        every(blocked("23503")),
    )
    .handed_on(),
];
