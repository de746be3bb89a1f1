//! Lints of views, functions, triggers and what else reads tables.

use tenants_diesel::Isolation;

use super::case::{Case, check_all, repaired, told};

pub(super) const CASES: &[Case] = &[
    repaired(
        "T501",
        "CREATE VIEW every_post AS SELECT * FROM posts; GRANT SELECT ON every_post TO tenants_app",
        "public.every_post",
        "runs with the rights of postgres",
    ),
    repaired(
        "T501",
        "CREATE VIEW below AS SELECT * FROM posts; CREATE VIEW above AS SELECT * FROM below;
        ALTER VIEW above OWNER TO owner; GRANT SELECT ON below TO owner; GRANT SELECT ON above TO PUBLIC",
        "public.below",
        "runs with the rights of postgres",
    ),
    repaired(
        "T502",
        "CREATE VIEW own AS SELECT * FROM posts; ALTER VIEW own OWNER TO owner; GRANT SELECT ON own TO tenants_app",
        "public.own",
        "runs with the rights of owner",
    )
    .since(150_000),
    repaired(
        "T503",
        "CREATE MATERIALIZED VIEW copies AS SELECT * FROM posts; GRANT SELECT ON copies TO tenants_app",
        "public.copies",
        "holds copies",
    ),
    repaired(
        "T504",
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM posts'",
        "public.peek()",
        "runs with the rights of postgres",
    ),
    repaired(
        "T505",
        "CREATE FUNCTION own() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM posts';
        ALTER FUNCTION own() OWNER TO owner",
        "public.own()",
        "runs with the rights of owner, and looks names up",
    ),
    told(
        "T506",
        "CREATE FUNCTION other() RETURNS bigint LANGUAGE sql SET tenants.tenant = 'b' AS 'SELECT count(*) FROM posts'",
        "public.other()",
        "its SET clauses are tenants.tenant=b",
    ),
    told(
        "T506",
        "CREATE FUNCTION switch(tenant text) RETURNS text LANGUAGE sql
            RETURN set_config('tenants.tenant', tenant, true)",
        "public.switch(text)",
        "its body sets",
    ),
    told(
        "T506",
        "CREATE PROCEDURE leave() LANGUAGE plpgsql AS $$ BEGIN SET LOCAL ROLE none; END $$",
        "public.leave()",
        "its body sets",
    ),
    told(
        "T507",
        "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER audit AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION audit()",
        "public.posts.audit",
        "runs with the rights of postgres",
    ),
    told(
        "T507",
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_notify('posts', NEW.title); RETURN NULL; END $$;
        CREATE TRIGGER tell AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION tell()",
        "public.posts.tell",
        "notifies other sessions",
    ),
    told(
        "T508",
        "CREATE TABLE log (title text); CREATE RULE log AS ON INSERT TO posts DO ALSO INSERT INTO log VALUES (NEW.title)",
        "public.posts.log",
        "runs with the rights of owner",
    ),
    told("T509", "CREATE PUBLICATION shipped FOR TABLE posts", "shipped", "ships public.posts"),
    told("T509", "CREATE PUBLICATION everything FOR ALL TABLES", "everything", "public.notes, public.orders"),
    // The server of a test has no extension but this one.
    told("T510", "UPDATE pg_extension SET extname = 'dblink' WHERE extname = 'plpgsql'", "dblink", "as another role"),
    repaired(
        "T511",
        "CREATE FOREIGN DATA WRAPPER wire; CREATE SERVER far FOREIGN DATA WRAPPER wire;
        CREATE USER MAPPING FOR PUBLIC SERVER far",
        "far",
        "is reached by PUBLIC",
    ),
    repaired(
        "T512",
        "UPDATE pg_language SET lanpltrusted = false WHERE lanname = 'plpgsql'",
        "public.sqlstate(text)",
        "is written in plpgsql",
    ),
    told(
        "T513",
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON posts DEFERRABLE FOR EACH ROW EXECUTE FUNCTION late()",
        "public.posts.late",
        "when the transaction ends",
    ),
    told("T514", "CREATE STATISTICS pairs ON tenant, title FROM posts", "public.pairs", "values of public.posts"),
    told(
        "T515",
        "CREATE FUNCTION find(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
            EXECUTE 'SELECT FROM posts WHERE title = ''' || name || ''''; END $$",
        "public.find(text)",
        "joins text",
    ),
];

#[tokio::test]
async fn ways_around_the_policies_are_found_and_closed() {
    check_all(CASES, Isolation::SharedRole).await;
}
