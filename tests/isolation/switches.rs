//! Switches of the scope inside of one statement, such as an injection into a query can be.
//!
//! With signatures, the rows of the other tenant are those of nobody.

use super::attack::*;

const SWITCHED: [Outcome; 4] = until_signed(Open(Read), LOST_RAW);

pub(super) const ATTACKS: &[Attack] = &[
    attack(
        "S01",
        "`SELECT switch(), (SELECT ..)`",
        &[A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)")],
        SWITCHED,
    ),
    attack(
        "S02",
        "`FROM (SELECT switch()), LATERAL (..)`",
        &[A("SELECT y.* FROM (SELECT {switch} AS s OFFSET 0) x, LATERAL (SELECT secret \
             FROM customers WHERE x.s IS NOT NULL) y")],
        SWITCHED,
    ),
    attack(
        "S03",
        "`WITH x AS MATERIALIZED (SELECT switch())`",
        &[A("WITH x AS MATERIALIZED (SELECT {switch} AS s) SELECT (SELECT \
             string_agg(secret, ',') FROM customers WHERE s IS NOT NULL) FROM x")],
        SWITCHED,
    ),
    attack(
        "S04",
        "`WHERE switch() IS NOT NULL`",
        &[A("SELECT secret FROM customers WHERE {switch} IS NOT NULL")],
        SWITCHED,
    ),
    attack(
        "S05",
        "`ORDER BY switch()`, and a subquery above it",
        &[A("SELECT (SELECT string_agg(secret, ',') FROM customers WHERE n > 0) FROM \
             (SELECT n FROM generate_series(1, 2) n ORDER BY {switch}, n) x")],
        SWITCHED,
    ),
    attack(
        "S06",
        "`CASE WHEN switch() .. THEN (SELECT ..)`",
        &[A("SELECT CASE WHEN {switch} <> '' THEN (SELECT string_agg(secret, ',') FROM \
             customers) END")],
        SWITCHED,
    ),
    attack(
        "S07",
        "a switch in one query, and an honest query behind it",
        &[A("SELECT {switch}"), A("SELECT secret FROM customers")],
        SWITCHED,
    ),
    attack(
        "S08",
        "`query_to_xml` of a switching query",
        &[A("SELECT query_to_xml('SELECT {quoted_switch}, (SELECT string_agg(secret, \
             '','') FROM customers)', true, true, '')")],
        SWITCHED,
    ),
    attack(
        "S09",
        "`query_to_xml('SET ROLE ..')`",
        &[A("SELECT query_to_xml('SET ROLE {role_b}', true, true, '')")],
        every(blocked("0A000")),
    ),
    attack(
        "S10",
        "`UPDATE pg_settings`, whose rule calls `set_config`",
        &[
            A("UPDATE pg_settings SET setting = '{b}' WHERE name = 'tenants.tenant'"),
            A("UPDATE pg_settings SET setting = '{role_b}' WHERE name = 'role'"),
            A("SELECT secret FROM customers"),
        ],
        every(OwnRows),
    ),
    attack(
        "S11",
        "`ts_stat` of a switching query",
        &[A("SELECT word FROM ts_stat('SELECT array_to_tsvector(ARRAY[{quoted_switch}, \
             (SELECT string_agg(secret, '','') FROM customers)])')")],
        SWITCHED,
    ),
    attack(
        "S12",
        "a switch beyond the transaction, `set_config(.., false)`",
        &[A("SELECT {keep}"), A("SELECT secret FROM customers")],
        SWITCHED,
    ),
    attack(
        "S13",
        "a switch in the argument of `TABLESAMPLE`",
        &[A("SELECT secret FROM customers TABLESAMPLE BERNOULLI (CASE WHEN {switch} IS \
             NULL THEN 0 ELSE 100 END)")],
        SWITCHED,
    ),
    attack(
        "S14",
        "`row_security = off` by `set_config`",
        &[A("SELECT set_config('row_security', 'off', true)"), A("SELECT secret FROM customers")],
        every(DENIED),
    ),
    attack(
        "S15",
        "`session_authorization` by `set_config`",
        &[A("SELECT set_config('session_authorization', 'postgres', true), (SELECT \
             string_agg(secret, ',') FROM customers)")],
        every(DENIED),
    ),
    attack(
        "S16",
        "the role of the owner by `set_config`",
        &[A("SELECT set_config('role', 'owner', true), (SELECT string_agg(secret, ',') \
             FROM customers)")],
        every(DENIED),
    ),
    attack(
        "S17",
        "no role by `set_config`, in the statement that reads",
        &[A("SELECT set_config('role', 'none', true), (SELECT string_agg(secret, ',') \
             FROM customers)")],
        every(LOST_RAW),
    )
    .pooled(LOST),
    attack(
        "S18",
        "the role of the admin by `set_config`",
        &[A("SELECT set_config('role', 'tenants_admin', true), (SELECT \
             string_agg(secret, ',') FROM customers)")],
        every(DENIED),
    ),
    attack(
        "S19",
        "the role of the pool's login by `set_config`, and another query",
        &[A("SELECT set_config('role', 'app_login', true)"), A("SELECT secret FROM customers")],
        every(DENIED),
    ),
    attack(
        "S20",
        "a switch in `RETURNING`",
        &[A("UPDATE customers SET email = email WHERE id = 1 RETURNING {switch}, \
             (SELECT string_agg(secret, ',') FROM customers)")],
        SWITCHED,
    ),
    attack(
        "S21",
        "switch, read, store what was read, switch back: `COMMIT` finds the scope \
             intact",
        &[A("INSERT INTO customers (tenant, email, secret) SELECT '{a}', 'loot', x.loot \
             FROM (SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers) AS \
             loot, {back} OFFSET 0) x RETURNING secret")],
        until_signed(Open(Read), OwnRows),
    ),
    attack(
        "S22",
        "switch, delete rows of the other tenant, switch back",
        &[A("WITH x AS MATERIALIZED (SELECT {switch} AS s), y AS (DELETE FROM customers \
             WHERE (SELECT s FROM x) IS NOT NULL RETURNING 1) SELECT count(*), {back} \
             FROM y")],
        until_signed(Open(Write), OwnRows),
    ),
    attack(
        "S23",
        "a switch in `LIMIT`",
        &[A("SELECT secret FROM customers LIMIT length({switch})")],
        SWITCHED,
    ),
    attack(
        "S24",
        "a switch in the recursive term of a `WITH RECURSIVE`",
        &[A("WITH RECURSIVE x (n, s) AS (SELECT 1, '' UNION ALL SELECT n + 1, {switch} \
             FROM x WHERE n < 2) SELECT (SELECT string_agg(secret, ',') FROM customers \
             WHERE x.n > 0) FROM x")],
        SWITCHED,
    ),
    attack(
        "S25",
        "a switch in a row of `VALUES`",
        &[A("SELECT (SELECT string_agg(secret, ',') FROM customers WHERE x.v <> '') \
             FROM (VALUES ({switch})) x (v)")],
        SWITCHED,
    ),
    attack(
        "S26",
        "a switch in a `FILTER` of an aggregate",
        &[A("SELECT count(*) FILTER (WHERE {switch} <> ''), (SELECT string_agg(secret, \
             ',') FROM customers c WHERE c.id < 99) FROM generate_series(1, 2)")],
        SWITCHED,
    ),
    attack(
        "S27",
        "a forged signature",
        &[
            A("SELECT set_config('tenants.scope', repeat('00', 32) || \
             ':k:9999999999:{b}', true)"),
            A("SELECT secret FROM customers"),
        ],
        until_signed(OwnRows, DENIED),
    )
    .pooled_by_mode(until_signed(OwnRows, FORGED)),
    attack(
        "S28",
        "the setting of the tenant emptied",
        &[A("SELECT set_config('tenants.tenant', '', true), (SELECT string_agg(secret, \
             ',') FROM customers)")],
        by_role(LOST_RAW, OwnRows),
    )
    .pooled_by_mode(by_role(LOST, OwnRows)),
    attack(
        "S29",
        "the setting of the tenant taken away",
        &[A("SELECT set_config('tenants.tenant', NULL, true), (SELECT \
             string_agg(secret, ',') FROM customers)")],
        by_role(LOST_RAW, OwnRows),
    )
    .pooled_by_mode(by_role(LOST, OwnRows)),
    attack(
        "S30",
        "a `search_path` of the attacker's, for what policies call",
        &[
            A("SELECT set_config('search_path', 'pg_temp, tenants, public', true)"),
            A("SELECT secret FROM public.customers"),
        ],
        every(OwnRows),
    ),
    attack(
        "S31",
        "`session_replication_role` by `set_config`",
        &[A("SELECT set_config('session_replication_role', 'replica', true)")],
        every(DENIED),
    ),
    attack(
        "S32",
        "`cursor_to_xml` of a cursor that a switch came before",
        &[
            A("DECLARE c CURSOR FOR SELECT secret FROM customers"),
            A("SELECT {switch}, cursor_to_xml('c', 100, true, true, '')"),
        ],
        SWITCHED,
    ),
    attack(
        "S33",
        "`database_to_xml` behind a switch",
        &[A("SELECT {switch}, schema_to_xml('public', true, true, '')")],
        SWITCHED,
    ),
    attack(
        "S34",
        "`COPY (SELECT switch(), ..) TO STDOUT`",
        &[A("COPY (SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)) TO \
             STDOUT")],
        SWITCHED,
    )
    .raw_only(),
    attack(
        "S35",
        "`EXPLAIN ANALYZE` of a switching query",
        &[
            A("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT {switch}"),
            A("SELECT secret FROM customers"),
        ],
        SWITCHED,
    ),
    attack(
        "S36",
        "no role, and then the statements of other sessions in `pg_stat_activity`",
        &[
            B("SELECT 'SECRET_B'"),
            A("SELECT set_config('role', 'none', true), (SELECT string_agg(query, ',') \
             FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = \
             current_database() AND usename = 'app_login'), set_config('role', \
             '{role_a}', true)"),
        ],
        every(Open(Read)),
    ),
    attack(
        "S37",
        "no role, and then `pg_terminate_backend`",
        &[
            B("SELECT 1"),
            A("SELECT set_config('role', 'none', true), (SELECT \
             count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> \
             pg_backend_pid() AND datname = current_database() AND usename = \
             'app_login' AND state = 'idle in transaction'), set_config('role', '{role_a}', true)"),
            B("SELECT 1"),
        ],
        every(Open(Hindrance)),
    ),
    attack(
        "S38",
        "no role, and then `tenants.delete_tenant`",
        &[A("SELECT set_config('role', 'none', true), tenants.delete_tenant('{b}'), \
             set_config('role', '{role_a}', true)")],
        every(DENIED),
    ),
    attack(
        "S39",
        "no role, and then `tenants.delete_tenant` inside of `query_to_xml`",
        &[A("SELECT set_config('role', 'none', true), query_to_xml('SELECT \
             tenants.delete_tenant(''{b}'')', true, true, ''), set_config('role', \
             '{role_a}', true)")],
        every(DENIED),
    ),
    attack(
        "S40",
        "no role, and then `tenants.list_tenants` inside of `query_to_xml`",
        &[A("SELECT set_config('role', 'none', true), query_to_xml('SELECT ''KNOWN_'' \
             || ''B'' FROM tenants.list_tenants() t WHERE t = ''{b}''', true, true, \
             ''), set_config('role', '{role_a}', true)")],
        every(DENIED),
    ),
    attack(
        "S41",
        "`tenants.admit` of another tenant",
        &[A("SELECT tenants.admit('{b}')")],
        every(DENIED),
    ),
    attack(
        "S42",
        "`tenants.list_tenants`",
        &[A("SELECT * FROM tenants.list_tenants()")],
        every(DENIED),
    ),
    attack(
        "S43",
        "`tenants.delete_tenant`",
        &[A("SELECT tenants.delete_tenant('{b}')")],
        every(DENIED),
    ),
    attack(
        "S44",
        "`tenants.create_tenant`",
        &[A("SELECT tenants.create_tenant('x')")],
        every(DENIED),
    ),
    attack(
        "S45",
        "`tenants.provision_role`",
        &[A("SELECT tenants.provision_role('{b}', 'tenants_app', 'app_login')")],
        every(DENIED),
    ),
    attack(
        "S46",
        "`tenants.ensure_tenant`",
        &[A("SELECT tenants.ensure_tenant('x')")],
        every(DENIED),
    ),
    attack(
        "S47",
        "`tenants.restore_tenant`",
        &[A("SELECT tenants.restore_tenant('{b}')")],
        every(DENIED),
    ),
    attack(
        "S48",
        "`tenants.tenant_exists`",
        &[A("SELECT tenants.tenant_exists('{b}')")],
        every(DENIED),
    ),
    attack(
        "S49",
        "`tenants.provision_tenant`",
        &[A("SELECT tenants.provision_tenant('x', 'tenants_app', 'app_login')")],
        every(DENIED),
    ),
    attack(
        "S50",
        "`tenants.restore_tenant` with a role",
        &[A("SELECT tenants.restore_tenant('{b}', 'tenants_app', 'app_login')")],
        every(DENIED),
    ),
    attack("S51", "the table of tenants", &[A("SELECT * FROM tenants.tenant")], every(DENIED)),
    attack(
        "S52",
        "the policies' own functions, which everybody may call",
        &[
            A("SELECT tenants.current_tenant(), \
             pg_get_functiondef('tenants.admit'::regproc)"),
            A("SELECT tenants.refuse('{b}')"),
        ],
        every(blocked("20000")),
    ),
    attack(
        "S53",
        "the signature, its tenant replaced",
        &[
            A("SELECT set_config('tenants.scope', replace(current_setting('tenants.scope', true), '{a}', '{b}'), true)"),
            A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)"),
        ],
        until_signed(Open(Read), DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), FORGED)),
    attack(
        "S54",
        "the signature, a later expiry",
        &[
            A("SELECT set_config('tenants.scope', regexp_replace(current_setting('tenants.scope', true), ':[0-9]{10}:', ':9999999999:'), true)"),
            A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)"),
        ],
        until_signed(Open(Read), DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), FORGED)),
    attack(
        "S55",
        "the signature, every process in place of its own",
        &[
            A("SELECT set_config('tenants.scope', regexp_replace(current_setting('tenants.scope', true), ':[0-9]+:([0-9]{10}):', ':*:\\1:'), true)"),
            A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)"),
        ],
        until_signed(Open(Read), DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), FORGED)),
    attack(
        "S56",
        "the signature, in capital letters",
        &[
            A("SELECT set_config('tenants.scope', upper(left(current_setting('tenants.scope', true), 64)) || substr(current_setting('tenants.scope', true), 65), true)"),
            A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)"),
        ],
        until_signed(Open(Read), DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), FORGED)),
    attack(
        "S57",
        "the signature, another tenant behind its own",
        &[
            A("SELECT set_config('tenants.scope', current_setting('tenants.scope', true) || ':{b}', true)"),
            A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)"),
        ],
        until_signed(Open(Read), DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), FORGED)),
    attack(
        "S58",
        "the signature, none at all",
        &[
            A("SELECT set_config('tenants.scope', NULL, true)"),
            A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)"),
        ],
        until_signed(Open(Read), DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), UNSIGNED)),
];
