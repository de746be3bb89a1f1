//! Whole statements of the attacker, and several in one message.

use super::attack::*;

/// Reads by itself, in the scope that the attack left.
const READ: Step = A("SELECT secret FROM customers");

const SWITCHED: [Outcome; 4] = until_signed(Open(Read), LOST_RAW);

pub(super) const ATTACKS: &[Attack] = &[
    attack("M01", "`SET LOCAL` of the other tenant", &[A("SET LOCAL {set}"), READ], SWITCHED),
    attack(
        "M02",
        "the same and a `SELECT` in one message",
        &[Batch("SET LOCAL {set}; SELECT secret FROM customers")],
        SWITCHED,
    )
    .pooled(BATCH),
    attack(
        "M03",
        "the same through `sql_query`",
        &[A("SET LOCAL {set}; SELECT secret FROM customers")],
        SWITCHED,
    )
    .pooled(BLOCKED),
    attack("M04", "`RESET ROLE`", &[A("RESET ROLE"), READ], every(DENIED)),
    attack(
        "M05",
        "`RESET ROLE; SET ROLE` of the other tenant, and the setting",
        &[
            A("RESET ROLE"),
            A("SET LOCAL ROLE '{role_b}'"),
            A("SET LOCAL tenants.tenant = '{b}'"),
            READ,
        ],
        SWITCHED,
    ),
    attack(
        "M06",
        "`DO` with a dynamic `SET LOCAL`",
        &[A("DO $$ BEGIN EXECUTE $x$SET LOCAL {set}$x$; END $$"), READ],
        SWITCHED,
    ),
    attack(
        "M07",
        "`DO` that tells by `RAISE NOTICE`",
        &[A("DO $$ BEGIN EXECUTE $x$SET LOCAL {set}$x$; RAISE NOTICE '%', (SELECT \
             string_agg(secret, ',') FROM customers); EXECUTE $x$SET LOCAL {set_a}$x$; \
             END $$")],
        until_signed(Open(Read), OwnRows),
    )
    .raw_only(),
    attack(
        "M08",
        "`DO` that tells by an error",
        &[A("DO $$ BEGIN EXECUTE $x$SET LOCAL {set}$x$; RAISE EXCEPTION '%', (SELECT \
             string_agg(secret, ',') FROM customers); END $$")],
        until_signed(Open(Read), blocked("P0001")),
    ),
    attack(
        "M09",
        "`SET SESSION AUTHORIZATION` of a superuser",
        &[A("SET SESSION AUTHORIZATION postgres")],
        every(DENIED),
    ),
    attack(
        "M10",
        "`SET SESSION AUTHORIZATION` of the owner",
        &[A("SET SESSION AUTHORIZATION owner")],
        every(DENIED),
    ),
    attack(
        "M11",
        "`SET SESSION AUTHORIZATION DEFAULT`",
        &[A("SET SESSION AUTHORIZATION DEFAULT"), READ],
        every(DENIED),
    ),
    attack("M12", "`SET row_security = off`", &[A("SET row_security = off"), READ], every(DENIED)),
    attack("M13", "`SET ROLE owner`", &[A("SET ROLE owner")], every(DENIED)),
    attack("M14", "`SET ROLE tenants_admin`", &[A("SET ROLE tenants_admin")], every(DENIED)),
    attack("M15", "`COMMIT`", &[A("COMMIT"), READ], every(DENIED)).pooled(CONTROL),
    attack("M16", "`COMMIT AND CHAIN`", &[A("COMMIT AND CHAIN"), READ], every(DENIED))
        .pooled(CONTROL),
    attack("M17", "`ROLLBACK`", &[A("ROLLBACK"), READ], every(DENIED)).pooled(CONTROL),
    attack("M18", "`ABORT AND CHAIN`", &[A("ABORT AND CHAIN"), READ], every(DENIED))
        .pooled(CONTROL),
    attack(
        "M19",
        "`COMMIT`, and `SET LOCAL` outside of a transaction",
        &[A("COMMIT"), A("SET LOCAL {set}"), READ],
        every(DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), CONTROL)),
    attack(
        "M20",
        "`COMMIT`, and a scope of one's own",
        &[A("COMMIT"), A("SET tenants.tenant = '{b}'"), A("SET ROLE '{role_b}'"), READ],
        until_signed(Open(Read), DENIED),
    )
    .pooled_by_mode(until_signed(Open(Read), CONTROL)),
    attack("M21", "`RESET ALL`", &[A("RESET ALL"), READ], [LOST_RAW, DENIED, OwnRows, DENIED])
        .pooled_by_mode([LOST, UNSIGNED, OwnRows, UNSIGNED]),
    attack("M22", "`DISCARD ALL`", &[A("DISCARD ALL")], every(blocked("25001"))),
    attack("M23", "`COMMIT; DISCARD ALL`", &[A("COMMIT"), A("DISCARD ALL"), READ], every(DENIED))
        .pooled(CONTROL),
    attack(
        "M24",
        "`RESET tenants.tenant`",
        &[A("RESET tenants.tenant"), READ],
        by_role(LOST_RAW, OwnRows),
    )
    .pooled_by_mode(by_role(LOST, OwnRows)),
    attack(
        "M25",
        "`SAVEPOINT`, a switch, `ROLLBACK TO`",
        &[A("SAVEPOINT x"), A("SET LOCAL {set}"), A("ROLLBACK TO x"), READ],
        every(OwnRows),
    ),
    attack(
        "M26",
        "`SAVEPOINT`, a switch, `RELEASE`",
        &[A("SAVEPOINT x"), A("SET LOCAL {set}"), A("RELEASE x"), READ],
        SWITCHED,
    ),
    attack(
        "M27",
        "a cursor that is declared before a switch, and read behind it",
        &[
            A("DECLARE c CURSOR FOR SELECT secret FROM customers"),
            A("SET LOCAL {set}"),
            A("FETCH ALL FROM c"),
        ],
        SWITCHED,
    ),
    attack(
        "M28",
        "`PREPARE`, a switch, `EXECUTE`",
        &[A("PREPARE q AS SELECT secret FROM customers"), A("SET LOCAL {set}"), A("EXECUTE q")],
        SWITCHED,
    ),
    attack(
        "M29",
        "`EXECUTE` in a function of the application that builds SQL from text",
        &[A("SELECT touch('''; SET LOCAL {quoted_set}; --')"), READ],
        SWITCHED,
    ),
    attack(
        "M30",
        "the same, with a statement for each tenant's rows",
        &[A("SELECT touch('''; SET LOCAL {quoted_set}; UPDATE customers SET email = \
             id::text; SET LOCAL {quoted_set_a}; --')")],
        until_signed(Open(Write), OwnRows),
    ),
    attack(
        "M31",
        "a switch, an `UPDATE` of the other tenant's rows, and the switch back",
        &[A("SET LOCAL {set}"), A("UPDATE customers SET email = id::text"), A("SET LOCAL {set_a}")],
        until_signed(Open(Write), OwnRows),
    ),
    attack(
        "M32",
        "a switch and an `UPDATE`, without a switch back",
        &[A("SET LOCAL {set}"), A("UPDATE customers SET email = id::text")],
        every(LOST_RAW),
    )
    .pooled(LOST),
    attack(
        "M33",
        "`GRANT tenants_admin`",
        &[A("GRANT tenants_admin TO tenants_app")],
        every(DENIED),
    ),
    attack(
        "M34",
        "`GRANT owner` to the login, as the login",
        &[A("RESET ROLE"), A("GRANT owner TO app_login")],
        every(DENIED),
    ),
    attack(
        "M35",
        "`GRANT` of a table that one may use",
        &[A("GRANT SELECT ON customers TO PUBLIC")],
        every(OwnRows),
    ),
    attack(
        "M36",
        "`ALTER ROLE .. BYPASSRLS`",
        &[A("ALTER ROLE tenants_app BYPASSRLS")],
        every(DENIED),
    ),
    attack("M37", "`CREATE ROLE`", &[A("CREATE ROLE mine_{a}")], every(DENIED)),
    attack(
        "M38",
        "`ALTER ROLE .. SET role`, as the login, for later connections",
        &[
            A("RESET ROLE"),
            A("ALTER ROLE SESSION_USER IN DATABASE {db} SET role = '{role_b}'"),
            A("SET ROLE '{role_a}'"),
        ],
        every(Open(Write)),
    ),
    attack(
        "M39",
        "`ALTER DATABASE .. SET`",
        &[A("ALTER DATABASE {db} SET tenants.tenant = '{b}'")],
        every(DENIED),
    ),
    attack(
        "M40",
        "`ALTER SYSTEM`",
        &[A("ALTER SYSTEM SET row_security = off")],
        every(blocked("25001")),
    ),
    attack(
        "M41",
        "`ALTER TABLE .. DISABLE ROW LEVEL SECURITY`",
        &[A("ALTER TABLE customers DISABLE ROW LEVEL SECURITY")],
        every(DENIED),
    ),
    attack(
        "M42",
        "`ALTER TABLE .. NO FORCE ROW LEVEL SECURITY`",
        &[A("ALTER TABLE customers NO FORCE ROW LEVEL SECURITY")],
        every(DENIED),
    ),
    attack(
        "M43",
        "`ALTER TABLE .. OWNER TO`",
        &[A("ALTER TABLE customers OWNER TO tenants_app")],
        every(DENIED),
    ),
    attack("M44", "`DROP POLICY`", &[A("DROP POLICY tenants_guard ON customers")], every(DENIED)),
    attack(
        "M45",
        "`ALTER POLICY`",
        &[A("ALTER POLICY tenants_guard ON customers USING (true)")],
        every(DENIED),
    ),
    attack(
        "M46",
        "`CREATE POLICY .. USING (true)`",
        &[A("CREATE POLICY mine ON customers USING (true)")],
        every(DENIED),
    ),
    attack(
        "M47",
        "`CREATE OR REPLACE` of the function that policies call",
        &[A("CREATE OR REPLACE FUNCTION tenants.current_tenant() RETURNS text LANGUAGE \
             sql AS 'SELECT ''{b}'''")],
        every(DENIED),
    ),
    attack(
        "M48",
        "`DROP FUNCTION` of the same",
        &[A("DROP FUNCTION tenants.current_tenant CASCADE")],
        every(DENIED),
    ),
    attack(
        "M49",
        "`CREATE TABLE` beside the tenants'",
        &[A("CREATE TABLE public.mine ()")],
        every(DENIED),
    ),
    attack(
        "M50",
        "`CREATE TABLE .. PARTITION OF`",
        &[A("CREATE TABLE public.mine PARTITION OF visits DEFAULT")],
        every(DENIED),
    ),
    attack(
        "M51",
        "`CREATE TABLE .. INHERITS`",
        &[A("CREATE TABLE public.mine () INHERITS (customers)")],
        every(DENIED),
    ),
    attack("M52", "`CREATE VIEW`", &[A("CREATE VIEW public.mine AS SELECT 1")], every(DENIED)),
    attack(
        "M53",
        "`CREATE FUNCTION`",
        &[A("CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")],
        every(DENIED),
    ),
    attack("M54", "`CREATE SCHEMA`", &[A("CREATE SCHEMA mine")], every(DENIED)),
    attack("M55", "`CREATE EXTENSION`", &[A("CREATE EXTENSION citext")], every(DENIED)),
    attack(
        "M56",
        "`CREATE TRIGGER`",
        &[A("CREATE TRIGGER mine BEFORE INSERT ON customers EXECUTE FUNCTION \
             suppress_redundant_updates_trigger()")],
        every(DENIED),
    ),
    attack(
        "M57",
        "`CREATE RULE`",
        &[A("CREATE RULE mine AS ON DELETE TO customers DO INSTEAD NOTHING")],
        every(DENIED),
    ),
    attack(
        "M58",
        "`CREATE INDEX` on an expression",
        &[A("CREATE INDEX mine ON customers ((touch(email)::text))")],
        every(DENIED),
    ),
    attack(
        "M59",
        "`CREATE STATISTICS`",
        &[A("CREATE STATISTICS public.mine ON email, secret FROM customers")],
        every(DENIED),
    ),
    attack(
        "M60",
        "`CREATE OPERATOR` that policies would find",
        &[A("CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = \
             textne)")],
        every(DENIED),
    ),
    attack(
        "M61",
        "`CREATE CAST`",
        &[A("CREATE CAST (text AS bigint) WITH INOUT AS IMPLICIT")],
        every(DENIED),
    ),
    attack(
        "M62",
        "`CREATE DOMAIN`",
        &[A("CREATE DOMAIN public.mine AS text CHECK (touch(VALUE) IS NULL)")],
        every(DENIED),
    ),
    attack(
        "M63",
        "`CREATE COLLATION`",
        &[A("CREATE COLLATION public.mine FROM \"C\"")],
        every(DENIED),
    ),
    attack(
        "M64",
        "`CREATE EVENT TRIGGER`",
        &[A("CREATE EVENT TRIGGER mine ON sql_drop EXECUTE FUNCTION public.touch()")],
        every(DENIED),
    ),
    attack(
        "M65",
        "`CREATE PUBLICATION`",
        &[A("CREATE PUBLICATION mine FOR TABLE customers")],
        every(DENIED),
    ),
    attack(
        "M66",
        "`CREATE SUBSCRIPTION`",
        &[A("CREATE SUBSCRIPTION mine CONNECTION '' PUBLICATION x WITH (connect = \
             false)")],
        every(DENIED),
    ),
    attack(
        "M67",
        "`CREATE FOREIGN DATA WRAPPER`",
        &[A("CREATE FOREIGN DATA WRAPPER mine")],
        every(DENIED),
    ),
    attack(
        "M68",
        "`CREATE LANGUAGE`",
        &[A("CREATE LANGUAGE mine HANDLER plpgsql_call_handler")],
        every(DENIED),
    ),
    attack("M69", "`LOAD`", &[A("LOAD 'pageinspect'")], every(DENIED)),
    attack(
        "M70",
        "`PREPARE TRANSACTION`",
        &[A("PREPARE TRANSACTION 'mine'")],
        every(blocked("55000")),
    )
    .pooled(CONTROL),
    attack(
        "M71",
        "`DROP OWNED BY` the runtime role",
        &[A("DROP OWNED BY tenants_app")],
        every(OwnRows),
    )
    .unfixed(Open(Write)),
    attack(
        "M72",
        "`REASSIGN OWNED`",
        &[A("REASSIGN OWNED BY owner TO tenants_app")],
        every(DENIED),
    ),
    attack(
        "M73",
        "`ALTER DEFAULT PRIVILEGES` for oneself",
        &[A("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC")],
        every(Open(Write)),
    ),
    attack(
        "M74",
        "`ALTER DEFAULT PRIVILEGES` for the owner",
        &[A("ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT ALL ON TABLES TO PUBLIC")],
        every(DENIED),
    ),
    attack(
        "M75",
        "`REVOKE` of the runtime role's rights",
        &[A("REVOKE ALL ON customers FROM tenants_app")],
        every(OwnRows),
    ),
    attack(
        "M76",
        "`COMMENT ON` a table",
        &[A("COMMENT ON TABLE customers IS 'mine'")],
        every(DENIED),
    ),
    attack("M77", "`VACUUM` and `ANALYZE`", &[A("ANALYZE customers")], every(OwnRows)),
    attack("M78", "`REINDEX`", &[A("REINDEX TABLE customers")], every(DENIED)),
    attack("M79", "`DROP TABLE`", &[A("DROP TABLE customers CASCADE")], every(DENIED)),
    attack(
        "M80",
        "`ALTER SEQUENCE`",
        &[A("ALTER SEQUENCE customers_id_seq RESTART")],
        every(DENIED),
    ),
    attack(
        "M81",
        "`ALTER TABLE .. DISABLE TRIGGER`, for foreign keys",
        &[A("ALTER TABLE customers DISABLE TRIGGER ALL")],
        every(DENIED),
    ),
    attack(
        "M82",
        "`SELECT INTO` a temporary table",
        &[A("SELECT * INTO TEMP mine FROM customers")],
        every(DENIED),
    ),
    attack(
        "M83",
        "`CREATE FUNCTION` in `pg_temp`",
        &[A("CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")],
        every(DENIED),
    ),
    attack(
        "M84",
        "`SET SESSION CHARACTERISTICS`",
        &[A("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"), READ],
        every(OwnRows),
    ),
    attack(
        "M85",
        "`ALTER ROLE` of another tenant's role",
        &[A("ALTER ROLE {role_b} BYPASSRLS")],
        every(DENIED),
    ),
    attack(
        "M86",
        "`SECURITY LABEL`",
        &[A("SECURITY LABEL ON TABLE customers IS 'x'")],
        every(blocked("22023")),
    ),
    attack(
        "M87",
        "`CREATE SERVER`, to connect back",
        &[A("CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw")],
        every(blocked("42704")),
    ),
    attack(
        "M88",
        "`IMPORT FOREIGN SCHEMA`",
        &[A("IMPORT FOREIGN SCHEMA public FROM SERVER mine INTO public")],
        every(blocked("42704")),
    ),
    attack(
        "M89",
        "`CALL tenants.provision_roles`",
        &[A("CALL tenants.provision_roles('tenants_app', 'app_login')")],
        every(DENIED),
    ),
    attack(
        "M90",
        "`SET ROLE NONE`, and `tenants.delete_tenant`",
        &[
            A("SET ROLE NONE"),
            A("SELECT tenants.delete_tenant('{b}')"),
            A("SET LOCAL ROLE '{role_a}'"),
        ],
        every(DENIED),
    ),
];
