//! What operators do to a database that was set up well, and who notices.

use super::attack::*;

const READ: Step = A("SELECT secret FROM customers");

/// A database that shows rows of others, and that no pool is built for.
const fn noticed(id: &'static str, title: &'static str, steps: &'static [Step]) -> Attack {
    attack(id, title, steps, every(Open(Read))).pooled(NoPool)
}

pub(super) const ATTACKS: &[Attack] = &[
    noticed(
        "O01",
        "the pool's login is a superuser",
        &[Root("ALTER ROLE {login} SUPERUSER"), A("RESET ROLE"), READ],
    )
    .by_own_login(),
    noticed(
        "O02",
        "the login bypasses policies, and has rights of its own",
        &[
            Root("ALTER ROLE {login} BYPASSRLS; GRANT SELECT ON customers TO {login}"),
            A("RESET ROLE"),
            READ,
        ],
    )
    .by_own_login(),
    noticed(
        "O03",
        "the login is a member of the admin role",
        &[Root("GRANT tenants_admin TO {login}"), A("SET ROLE tenants_admin"), READ],
    )
    .by_own_login(),
    noticed(
        "O04",
        "the login is a member of the owner, who disables the policies",
        &[
            Root("GRANT owner TO {login}"),
            A("SET ROLE owner"),
            A("ALTER TABLE customers DISABLE ROW LEVEL SECURITY"),
            READ,
        ],
    )
    .by_own_login(),
    attack(
        "O05",
        "the same, and the owner only reads, under `FORCE`",
        &[Root("GRANT owner TO {login}"), A("SET ROLE owner"), READ],
        every(LOST_RAW),
    )
    .pooled(NoPool)
    .by_own_login(),
    attack(
        "O06",
        "the login has `CREATEROLE`",
        &[
            Root("ALTER ROLE {login} CREATEROLE"),
            A("RESET ROLE"),
            A("CREATE ROLE {login}_2"),
            A("DROP ROLE {login}_2"),
        ],
        every(LOST_RAW),
    )
    .pooled(NoPool)
    .by_own_login(),
    attack(
        "O07",
        "the login has `REPLICATION`",
        &[Root("ALTER ROLE {login} REPLICATION"), A("RESET ROLE"), READ],
        every(DENIED),
    )
    .pooled(NoPool)
    .by_own_login(),
    attack(
        "O08",
        "the login is a member of `pg_read_all_data`",
        &[Root("GRANT pg_read_all_data TO {login}"), A("SET ROLE pg_read_all_data"), READ],
        every(LOST_RAW),
    )
    .pooled(NoPool)
    .by_own_login(),
    noticed(
        "O09",
        "the login is a member of `pg_read_all_stats`",
        &[
            Root("GRANT pg_read_all_stats TO {login}"),
            B("SELECT 'SECRET_B'"),
            A("SET ROLE pg_read_all_stats"),
            A("SELECT query FROM pg_stat_activity WHERE datname = current_database() AND \
             pid <> pg_backend_pid()"),
        ],
    )
    .by_own_login(),
    attack(
        "O10",
        "the login has a right on a table",
        &[Root("GRANT SELECT ON customers TO {login}"), A("RESET ROLE"), READ],
        every(LOST_RAW),
    )
    .pooled(NoPool)
    .by_own_login(),
    attack(
        "O11",
        "everybody has a right on a table",
        &[Root("GRANT SELECT ON customers TO PUBLIC"), A("RESET ROLE"), READ],
        every(LOST_RAW),
    )
    .pooled(NoPool),
    noticed(
        "R01",
        "row-level security is disabled on a table",
        &[Owner("ALTER TABLE customers DISABLE ROW LEVEL SECURITY"), READ],
    ),
    noticed(
        "R02",
        "`FORCE` is lifted, and the owner has a view",
        &[
            Owner(
                "ALTER TABLE customers NO FORCE ROW LEVEL SECURITY; CREATE VIEW v AS SELECT \
             * FROM customers; GRANT SELECT ON v TO tenants_app",
            ),
            A("SELECT * FROM v"),
        ],
    ),
    noticed(
        "R03",
        "a permissive policy is added, and the guard dropped",
        &[
            Owner(
                "CREATE POLICY all_rows ON customers USING (true); DROP POLICY \
             tenants_guard ON customers",
            ),
            READ,
        ],
    ),
    attack(
        "R04",
        "a permissive policy is added",
        &[Owner("CREATE POLICY all_rows ON customers USING (true)"), READ],
        every(OwnRows),
    ),
    attack(
        "R05",
        "the permissive policy is dropped",
        &[Owner("DROP POLICY tenants_isolation ON customers"), READ],
        every(OwnRows),
    )
    .pooled(NoPool),
    attack(
        "R06",
        "both policies are altered to show everything",
        &[
            Owner(
                "ALTER POLICY tenants_isolation ON customers USING (true); ALTER POLICY \
             tenants_guard ON customers USING (true)",
            ),
            READ,
        ],
        every(Open(Read)),
    )
    .pooled(NoPool),
    attack(
        "R07",
        "both policies are altered to let everything in",
        &[
            Owner(
                "ALTER POLICY tenants_isolation ON customers WITH CHECK (true); ALTER \
             POLICY tenants_guard ON customers WITH CHECK (true)",
            ),
            A("INSERT INTO customers (tenant, email, secret) VALUES ('{b}', 'x', 'x')"),
        ],
        every(Open(Write)),
    )
    .pooled(NoPool),
    attack(
        "R08",
        "one of them is",
        &[
            Owner("ALTER POLICY tenants_isolation ON customers WITH CHECK (true)"),
            A("INSERT INTO customers (tenant, email, secret) VALUES ('{b}', 'x', 'x')"),
        ],
        every(DENIED),
    )
    .pooled(NoPool),
    attack(
        "R09",
        "a row has no tenant",
        &[
            Owner("ALTER TABLE visits ALTER COLUMN tenant DROP NOT NULL"),
            Root(
                "INSERT INTO visits (tenant, day, secret) VALUES (NULL, '2025-12-24', \
             'SECRET_B')",
            ),
            A("SELECT secret FROM visits"),
        ],
        every(OwnRows),
    ),
    attack(
        "R10",
        "a row has the empty tenant, and the setting is emptied",
        &[
            Root(
                "INSERT INTO visits (tenant, day, secret) VALUES ('', '2025-12-24', \
             'SECRET_B')",
            ),
            A("SELECT set_config('tenants.tenant', '', true)"),
            A("SELECT secret FROM visits"),
        ],
        by_role(LOST_RAW, OwnRows),
    )
    .pooled_by_mode(by_role(LOST, OwnRows)),
    attack(
        "R11",
        "a policy shows everything while no tenant is set",
        &[
            Owner("CREATE POLICY unset ON customers USING (tenants.current_tenant() IS NULL)"),
            A("SELECT set_config('tenants.tenant', '', true)"),
            READ,
        ],
        by_role(LOST_RAW, OwnRows),
    )
    .pooled_by_mode(by_role(LOST, OwnRows)),
    attack(
        "R12",
        "the function of the tenant is made to return another one",
        &[
            Owner(
                "CREATE OR REPLACE FUNCTION tenants.current_tenant() RETURNS text LANGUAGE \
             sql STABLE AS $$ SELECT '{b}'::text $$",
            ),
            READ,
        ],
        until_signed(Open(Read), OwnRows),
    )
    .pooled_by_mode([NoPool, NoPool, Open(Read), OwnRows]),
    attack(
        "V01",
        "a view of the owner's, under `FORCE`",
        &[
            Owner("CREATE VIEW v AS SELECT * FROM customers; GRANT SELECT ON v TO tenants_app"),
            A("SELECT * FROM v"),
        ],
        every(OwnRows),
    ),
    attack(
        "V02",
        "a view of a superuser's",
        &[
            Root("CREATE VIEW v AS SELECT * FROM customers; GRANT SELECT ON v TO tenants_app"),
            A("SELECT * FROM v"),
        ],
        every(Open(Read)),
    ),
    attack(
        "V03",
        "the same with `security_invoker`",
        &[
            Root(
                "CREATE VIEW v WITH (security_invoker = true) AS SELECT * FROM customers; \
             GRANT SELECT ON v TO tenants_app",
            ),
            A("SELECT * FROM v"),
        ],
        every(OwnRows),
    )
    .since(150_000),
    attack(
        "V04",
        "a materialized view of a superuser's",
        &[
            Root(
                "CREATE MATERIALIZED VIEW v AS SELECT * FROM customers; GRANT SELECT ON v \
             TO tenants_app",
            ),
            A("SELECT * FROM v"),
        ],
        every(Open(Read)),
    ),
    attack(
        "V05",
        "a materialized view of the owner's, under `FORCE`",
        &[
            Owner(
                "DO $$ BEGIN CREATE MATERIALIZED VIEW v AS SELECT * FROM customers; \
             EXCEPTION WHEN insufficient_privilege THEN CREATE MATERIALIZED VIEW v AS \
             SELECT * FROM customers WITH NO DATA; END $$; GRANT SELECT ON v TO tenants_app",
            ),
            A("SELECT * FROM v"),
        ],
        // Signed, the owner cannot fill it.
        until_signed(OwnRows, blocked("55000")),
    ),
    attack(
        "V06",
        "an `UPDATE` through a view of a superuser's",
        &[
            Root(
                "CREATE VIEW v AS SELECT * FROM customers; GRANT SELECT, UPDATE ON v TO \
             tenants_app",
            ),
            A("UPDATE v SET email = id::text"),
        ],
        every(Open(Write)),
    ),
    attack(
        "V07",
        "a table that was copied from a protected one",
        &[
            Root(
                "CREATE TABLE backup AS SELECT * FROM customers; GRANT SELECT ON backup TO \
             tenants_app",
            ),
            A("SELECT * FROM backup"),
        ],
        every(Open(Read)),
    ),
    attack(
        "F01",
        "a function of a superuser's, `SECURITY DEFINER`",
        &[
            Root(
                "CREATE FUNCTION f() RETURNS SETOF customers LANGUAGE sql SECURITY DEFINER \
             AS 'SELECT * FROM public.customers'",
            ),
            A("SELECT * FROM f()"),
        ],
        every(Open(Read)),
    ),
    attack(
        "F02",
        "the same of the owner's, under `FORCE`",
        &[
            Owner(
                "CREATE FUNCTION f() RETURNS SETOF customers LANGUAGE sql SECURITY DEFINER \
             AS 'SELECT * FROM public.customers'",
            ),
            A("SELECT * FROM f()"),
        ],
        every(OwnRows),
    ),
    noticed(
        "F03",
        "the same, and `FORCE` is lifted",
        &[
            Owner(
                "CREATE FUNCTION f() RETURNS SETOF customers LANGUAGE sql SECURITY DEFINER \
             AS 'SELECT * FROM public.customers'; ALTER TABLE customers NO FORCE ROW \
             LEVEL SECURITY",
            ),
            A("SELECT * FROM f()"),
        ],
    ),
    attack(
        "F04",
        "a function whose `SET` clause is a switch",
        &[
            Root(
                "CREATE FUNCTION f() RETURNS text LANGUAGE sql SET {set} AS 'SELECT \
             string_agg(secret, '','') FROM public.customers'",
            ),
            A("SELECT f()"),
        ],
        until_signed(Open(Read), OwnRows),
    ),
    attack(
        "F05",
        "a procedure whose body is a switch",
        &[
            Owner("CREATE PROCEDURE f() LANGUAGE plpgsql AS $$ BEGIN SET LOCAL {set}; END $$"),
            A("CALL f()"),
            READ,
        ],
        until_signed(Open(Read), LOST_RAW),
    ),
    attack(
        "F06",
        "`SECURITY DEFINER` around `set_config`, after EXECUTE on it was revoked",
        &[
            Root(
                "REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC; GRANT EXECUTE ON FUNCTION set_config TO {login}; CREATE FUNCTION f(n \
             text, v text) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT \
             set_config(n, v, true)'",
            ),
            A("SELECT f('tenants.tenant', '{b}'), (SELECT string_agg(secret, ',') FROM \
             customers)"),
        ],
        [Open(Read), LOST_RAW, OwnRows, OwnRows],
    ),
    attack(
        "T01",
        "a trigger copies rows into a table of all",
        &[
            Owner(
                "CREATE TABLE audit (line text); GRANT SELECT ON audit TO tenants_app; \
             CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
             AS $$ BEGIN INSERT INTO public.audit VALUES (NEW::text); RETURN NEW; END \
             $$; CREATE TRIGGER copy AFTER UPDATE ON customers FOR EACH ROW EXECUTE \
             FUNCTION copy()",
            ),
            B("UPDATE customers SET email = email; COMMIT"),
            A("SELECT * FROM audit"),
        ],
        every(Open(Read)),
    ),
    attack(
        "T02",
        "a rule does",
        &[
            Owner(
                "CREATE TABLE audit (line text); GRANT SELECT ON audit TO tenants_app; \
             CREATE RULE copy AS ON UPDATE TO customers DO ALSO INSERT INTO audit \
             VALUES (NEW.secret)",
            ),
            B("UPDATE customers SET email = email; COMMIT"),
            A("SELECT * FROM audit"),
        ],
        every(Open(Read)),
    ),
    attack(
        "T03",
        "a trigger tells of changes by `NOTIFY`",
        &[
            Owner(
                "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_notify('mail', NEW.secret); RETURN NEW; END $$; CREATE TRIGGER \
             tell AFTER UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION tell()",
            ),
            A("LISTEN mail"),
            A("COMMIT"),
            B("UPDATE customers SET email = email; COMMIT"),
            A("SELECT 1"),
        ],
        every(Open(Read)),
    )
    .raw_only(),
    attack(
        "T04",
        "the runtime role has `TRUNCATE`",
        &[Owner("GRANT TRUNCATE ON visits TO tenants_app"), A("TRUNCATE visits")],
        every(Open(Write)),
    )
    .pooled(NoPool),
    attack(
        "T05",
        "the runtime role has `REFERENCES`, and may create tables",
        &[
            Owner("GRANT REFERENCES ON customers TO tenants_app"),
            Root("GRANT CREATE ON SCHEMA public TO tenants_app"),
            A("CREATE TABLE mine (tenant text, id bigint, FOREIGN KEY (tenant, id) \
             REFERENCES customers)"),
            A("INSERT INTO mine VALUES ('{b}', 40) RETURNING 'KNOWN_' || 'B'"),
        ],
        every(Open(Oracle)),
    )
    .pooled(NoPool),
    attack(
        "T06",
        "the runtime role has `TRIGGER`, and may create functions",
        &[
            Owner("GRANT TRIGGER ON customers TO tenants_app"),
            Root("GRANT CREATE ON SCHEMA public TO tenants_app"),
            A("CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             NEW.secret := 'mine'; RETURN NEW; END $$"),
            A("CREATE TRIGGER mine BEFORE UPDATE ON customers FOR EACH ROW EXECUTE \
             FUNCTION mine()"),
        ],
        every(Open(Write)),
    )
    .pooled(NoPool),
    noticed(
        "T07",
        "a child that inherits from a table may be read",
        &[
            Owner(
                "CREATE TABLE child () INHERITS (customers); GRANT SELECT ON child TO \
             tenants_app",
            ),
            Root(
                "INSERT INTO child (tenant, id, email, secret) VALUES ('{b}', 99, 'x', \
             'SECRET_B')",
            ),
            A("SELECT secret FROM child"),
        ],
    ),
    noticed(
        "T08",
        "a new partition may be read",
        &[
            Owner(
                "CREATE TABLE visits_new PARTITION OF visits DEFAULT; GRANT SELECT ON \
             visits_new TO tenants_app",
            ),
            Root("INSERT INTO visits VALUES ('{b}', '2026-02-01', 'SECRET_B')"),
            A("SELECT secret FROM visits_new"),
        ],
    ),
    attack(
        "T09",
        "default privileges open a new table",
        &[
            Owner(
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO tenants_app; CREATE \
             TABLE forgotten AS SELECT 'SECRET_B'::text AS secret",
            ),
            A("SELECT * FROM forgotten"),
        ],
        every(Open(Read)),
    ),
    attack(
        "T10",
        "a unique index on an expression leaves the tenant out",
        &[
            Owner("CREATE UNIQUE INDEX ON customers (lower(email))"),
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x'); COMMIT"),
            A("INSERT INTO customers (email, secret) VALUES ('X', 'x') RETURNING email"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "T11",
        "an exclusion constraint does",
        &[
            Owner("ALTER TABLE customers ADD EXCLUDE USING hash (secret WITH =)"),
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x'); COMMIT"),
            A("INSERT INTO customers (id, email, secret) VALUES (77, 'y', 'x') RETURNING \
             email"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "T12",
        "the database has a default for the tenant",
        &[Root("ALTER DATABASE {db} SET tenants.tenant = '{b}'"), A("RESET tenants.tenant"), READ],
        [Open(Read), LOST_RAW, OwnRows, OwnRows],
    ),
    attack(
        "T13",
        "`lo_compat_privileges`",
        &[
            Root("ALTER DATABASE {db} SET lo_compat_privileges = on"),
            B("SELECT lo_from_bytea(4242, 'SECRET_B'); COMMIT"),
            A("SELECT convert_from(lo_get(4242), 'UTF8')"),
        ],
        every(Open(Read)),
    ),
    attack(
        "T14",
        "everybody may create in the schema `public`",
        &[
            Root("GRANT CREATE ON SCHEMA public TO PUBLIC"),
            A("CREATE FUNCTION public.lower(varchar) RETURNS text LANGUAGE sql AS $$ \
             SELECT 'mine' $$"),
        ],
        every(Open(Write)),
    )
    .pooled(NoPool),
    attack(
        "T15",
        "everybody may call the functions of the login",
        &[
            Root(
                "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO PUBLIC; GRANT USAGE ON \
             SCHEMA tenants TO PUBLIC",
            ),
            A("SELECT tenants.delete_tenant('{b}')"),
        ],
        every(Open(Write)),
    ),
    attack(
        "T16",
        "`dblink`, to connect back as the login",
        &[A("SELECT * FROM dblink('dbname={db} user=app_login', 'SELECT 1') AS t (i \
             int)")],
        every(blocked("2F003")),
    )
    .with("dblink"),
    attack(
        "T17",
        "`pgrowlocks`: which rows are locked",
        &[
            Secretly(Victim, "SELECT * FROM customers FOR UPDATE"),
            A("SELECT count(*) FROM pgrowlocks('customers')"),
        ],
        every(Open(Oracle)),
    )
    .with("pgrowlocks"),
    attack(
        "T18",
        "`pageinspect`: raw pages",
        &[A("SELECT get_raw_page('customers', 0)")],
        every(DENIED),
    )
    .with("pageinspect"),
    attack(
        "T19",
        "a foreign table that a superuser's mapping reads",
        &[
            Root(
                "DO $x$ BEGIN EXECUTE format($y$CREATE SERVER back FOREIGN DATA WRAPPER \
             postgres_fdw OPTIONS (host '127.0.0.1', port '%s', dbname '{db}')$y$, \
             current_setting('port')); END $x$; CREATE USER MAPPING FOR PUBLIC SERVER \
             back OPTIONS (user 'postgres', password_required 'false'); CREATE FOREIGN \
             TABLE far (secret text) SERVER back OPTIONS (schema_name 'public', \
             table_name 'customers'); GRANT SELECT ON far TO tenants_app",
            ),
            A("SELECT * FROM far"),
        ],
        every(Open(Read)),
    )
    .with("postgres_fdw"),
    attack(
        "T20",
        "a deferred trigger reads at `COMMIT`",
        &[
            Owner(
                "CREATE TABLE audit (line text); GRANT SELECT, INSERT ON audit TO \
             tenants_app; CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN INSERT INTO audit SELECT string_agg(secret, ',') FROM customers; \
             RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER copy AFTER UPDATE ON \
             customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION \
             copy()",
            ),
            A("UPDATE customers SET email = email"),
            Again,
            A("SELECT * FROM audit"),
        ],
        every(OwnRows),
    )
    .handed_on(),
    attack(
        "T21",
        "the function of the tenant is called `IMMUTABLE`, and a plan is kept",
        &[
            Owner("ALTER FUNCTION tenants.current_tenant() IMMUTABLE"),
            B("SET plan_cache_mode = force_generic_plan"),
            B("PREPARE q AS SELECT secret FROM customers"),
            B("EXECUTE q"),
            A("EXECUTE q"),
        ],
        [Open(Read), OwnRows, OwnRows, OwnRows],
    )
    .pooled(BLOCKED)
    .handed_on(),
    attack(
        "T22",
        "the login administers tenants, since no provisioner was named to `tenants setup`; no role, and \
             then `tenants.delete_tenant` inside of `query_to_xml`",
        &[
            Owner("GRANT EXECUTE ON FUNCTION tenants.delete_tenant(text) TO {login}"),
            A("SELECT set_config('role', 'none', true), query_to_xml('SELECT \
             tenants.delete_tenant(''{b}'')', true, true, ''), set_config('role', \
             '{role_a}', true)"),
        ],
        every(Open(Write)),
    ),
    attack(
        "T23",
        "the same; `tenants.list_tenants`",
        &[
            Owner("GRANT EXECUTE ON FUNCTION tenants.list_tenants() TO {login}"),
            A("SELECT set_config('role', 'none', true), query_to_xml('SELECT ''KNOWN_'' \
             || ''B'' FROM tenants.list_tenants() t WHERE t = ''{b}''', true, true, \
             ''), set_config('role', '{role_a}', true)"),
        ],
        every(Open(Oracle)),
    ),
    attack(
        "H01",
        "hardened: EXECUTE on `set_config` was revoked; a switch inside of a \
             statement",
        &[
            Root(
                "REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC; GRANT EXECUTE ON FUNCTION set_config TO {login}",
            ),
            A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)"),
        ],
        every(DENIED),
    ),
    attack(
        "H02",
        "the same; a whole `SET LOCAL`",
        &[
            Root(
                "REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC; GRANT EXECUTE ON FUNCTION set_config TO {login}",
            ),
            A("SET LOCAL {set}"),
            READ,
        ],
        until_signed(Open(Read), LOST_RAW),
    ),
    attack(
        "H03",
        "the same; a function of the application that builds SQL from text",
        &[
            Root(
                "REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC; GRANT EXECUTE ON FUNCTION set_config TO {login}",
            ),
            A("SELECT touch('''; SET LOCAL {quoted_set}; --')"),
            READ,
        ],
        until_signed(Open(Read), LOST_RAW),
    ),
    attack(
        "H04",
        "the same, and the login administers tenants; no role, and then \
             `tenants.delete_tenant` inside of `query_to_xml`",
        &[
            Root(
                "REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC; GRANT EXECUTE ON FUNCTION set_config TO {login}; \
             GRANT EXECUTE ON FUNCTION tenants.delete_tenant(text) TO {login}",
            ),
            A("SELECT set_config('role', 'none', true), query_to_xml('SELECT \
             tenants.delete_tenant(''{b}'')', true, true, '')"),
        ],
        every(DENIED),
    ),
    attack(
        "H05",
        "the same; `UPDATE pg_settings`",
        &[
            Root(
                "REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC; GRANT EXECUTE ON FUNCTION set_config TO {login}",
            ),
            A("UPDATE pg_settings SET setting = 'x' WHERE name = 'application_name'"),
        ],
        every(DENIED),
    ),
    attack(
        "H06",
        "hardened: EXECUTE on `lo_get` was revoked",
        &[
            Root("REVOKE EXECUTE ON FUNCTION lo_get(oid) FROM PUBLIC"),
            B("SELECT lo_from_bytea(4242, 'SECRET_B'); COMMIT"),
            A("SELECT convert_from(lo_get(4242), 'UTF8')"),
        ],
        every(DENIED),
    ),
];
