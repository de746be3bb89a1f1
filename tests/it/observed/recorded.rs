//! What is recorded, and what is not: reads as an upper bound, writes exactly.

use tenants_diesel::Isolation;
use tenants_tests::SUPERUSER;

use super::Observed;

/// Each statement in acme's scope, and the sides that are recorded of it.
#[tokio::test]
async fn reads_are_an_upper_bound_and_writes_exact() {
    const USING: &[&str] = &["USING"];
    const CHECK: &[&str] = &["WITH CHECK"];
    let cases: &[(&str, &[&str])] = &[
        // A filter by leakproof operators comes before the policy, on whatever column.
        ("SELECT title FROM posts WHERE tenant = 'acme'", &[]),
        ("SELECT title FROM posts WHERE title = 'first'", &[]),
        ("SELECT title FROM posts", USING),
        ("SELECT count(*) FROM posts", USING),
        // Any other comes behind it: the rows that it drops are looked at.
        ("SELECT title FROM posts WHERE title LIKE 'fir%'", USING),
        ("SELECT title FROM posts WHERE lower(title) = 'first'", USING),
        // So does a join that reads the whole table.
        (
            "SELECT p.title FROM posts AS p JOIN posts AS q USING (tenant, id) WHERE q.title LIKE 'fir%' AND q.tenant = 'acme'",
            &[],
        ),
        (
            "SELECT p.title FROM posts AS p LEFT JOIN plans ON false WHERE p.title || '' = 'first'",
            USING,
        ),
        ("UPDATE posts SET title = title WHERE tenant = 'acme'", &[]),
        ("UPDATE posts SET title = title", &["USING", "WITH CHECK"]),
        ("DELETE FROM posts WHERE title = 'theirs'", USING),
        ("INSERT INTO posts (title) VALUES ('own')", &[]),
        ("INSERT INTO posts (tenant, title) VALUES ('acme', 'own')", &[]),
        ("INSERT INTO posts (tenant, title) VALUES ('globex', 'theirs')", CHECK),
        ("INSERT INTO posts (tenant, title) SELECT 'globex', 'x' WHERE false", &[]),
        (
            "INSERT INTO posts (tenant, title) VALUES ('globex', 'theirs') RETURNING id",
            &["USING", "WITH CHECK"],
        ),
        ("UPDATE posts SET tenant = 'globex' WHERE tenant = 'acme'", &["USING", "WITH CHECK"]),
        ("WITH gone AS (DELETE FROM posts RETURNING tenant) SELECT FROM gone", USING),
        ("SELECT FROM posts FOR UPDATE", USING),
        ("SELECT name FROM plans", &[]),
    ];
    let observed = Observed::new().await;
    let acme = observed.acme().await;
    for (statement, sides) in cases {
        let superuser = observed.raw(SUPERUSER).await;
        superuser.run("DELETE FROM tenants.observation").await.unwrap();
        acme.run(statement).await.unwrap();
        let mut found = superuser.rows("SELECT side FROM tenants.observation").await.unwrap();
        found.sort();
        assert_eq!(found, *sides, "{statement}");
        let rows = "DELETE FROM posts; INSERT INTO posts (tenant, title)
            VALUES ('acme', 'first'), ('acme', 'second'), ('globex', 'theirs')";
        superuser.run(rows).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_recorded_is_what_is_refused() {
    let observed = Observed::new().await;
    let acme = observed.acme().await;
    let foreign = [
        "INSERT INTO posts (tenant, title) VALUES ('globex', 'x')",
        "UPDATE posts SET tenant = 'globex' WHERE title = 'first'",
        "INSERT INTO posts (tenant, id, title) VALUES ('globex', 900, 'x') ON CONFLICT DO NOTHING",
    ];
    for statement in foreign {
        acme.run(statement).await.unwrap();
    }
    let recorded = observed.recorded().await;
    observed.enforce().await;
    let again = "UPDATE posts SET tenant = 'acme' WHERE title = 'first'; DELETE FROM posts WHERE title = 'x'";
    observed.db.run(SUPERUSER, again).await;
    for statement in foreign {
        let line = format!("public.posts|WITH CHECK|scoped|app_login|{statement}");
        assert!(recorded.contains(&line), "{recorded:?}");
        assert_eq!(acme.run(statement).await, Err("42501".to_owned()), "{statement}");
    }
    assert_eq!(acme.tenants_seen().await.unwrap(), ["acme"]);
}

/// Nothing of a row, and of no tenant, but for what the client wrote into its text.
#[tokio::test]
async fn no_value_and_no_tenant_is_kept() {
    let observed = Observed::new().await;
    let acme = observed.acme().await;
    acme.run("PREPARE find (text) AS SELECT title FROM posts WHERE title LIKE $1").await.unwrap();
    assert_eq!(acme.rows("EXECUTE find ('thei%')").await.unwrap(), ["theirs"]);
    acme.run("EXECUTE find ('%')").await.unwrap();
    let row = "SELECT to_jsonb(o)::text FROM tenants.observation AS o ORDER BY id LIMIT 1";
    let row = observed.raw(SUPERUSER).await.row(row).await;
    for secret in ["globex", "theirs", "acme"] {
        assert!(!row.contains(secret), "{row}");
    }
    assert!(row.contains("EXECUTE find ('thei%')"), "{row}");
}

#[tokio::test]
async fn the_tenant_of_a_role_is_not_kept() {
    let observed = Observed::isolated_by(Isolation::RolePerTenant).await;
    let pool = observed.pool().await;
    let tenant = pool.create_tenant(tenants_tests::unique_id()).await.unwrap();
    let raw = observed.raw("app_login").await;
    raw.run(&format!("SET ROLE tenant_{tenant}")).await.unwrap();
    raw.run("SELECT FROM posts").await.unwrap();
    assert_eq!(
        observed.recorded().await,
        ["public.posts|USING|scoped|app_login|SELECT FROM posts"]
    );
}

/// The old part of an application, which knows nothing of scopes, and has no right on the schema `tenants`.
#[tokio::test]
async fn who_has_no_scope_is_recorded_as_such() {
    let observed = Observed::new().await;
    let old = observed.db.login("", &[]).await;
    observed.db.run("owner", &format!("GRANT SELECT, INSERT ON posts TO {old}")).await;
    let raw = observed.raw(&old).await;
    raw.run("SET application_name = 'nightly'").await.unwrap();
    assert_eq!(raw.tenants_seen().await.unwrap(), ["acme", "globex"]);
    raw.run("INSERT INTO posts (tenant, title) VALUES ('acme', 'x')").await.unwrap();
    observed.raw("owner").await.run("SELECT FROM posts").await.unwrap();
    let unscoped = observed.raw("app_login").await;
    unscoped.run("SET ROLE tenants_app").await.unwrap();
    unscoped.run("SELECT FROM posts").await.unwrap();
    assert_eq!(
        observed.recorded().await,
        [
            format!(
                "public.posts|USING|unscoped|{old}|SELECT DISTINCT tenant FROM posts ORDER BY tenant"
            ),
            format!(
                "public.posts|WITH CHECK|unscoped|{old}|INSERT INTO posts (tenant, title) VALUES ('acme', 'x')"
            ),
            "public.posts|USING|unscoped|owner|SELECT FROM posts".to_owned(),
            "public.posts|USING|unscoped|app_login|tenants_app|SELECT FROM posts".to_owned(),
        ]
    );
    let application = "SELECT application FROM tenants.observation ORDER BY id LIMIT 1";
    assert_eq!(observed.raw(SUPERUSER).await.row(application).await, "nightly");
}

/// Whom enforced policies do not bind either.
#[tokio::test]
async fn cross_tenant_work_is_not_recorded() {
    let observed = Observed::new().await;
    let admin = observed.raw("admin_login").await;
    admin.run("SET ROLE tenants_admin").await.unwrap();
    assert_eq!(admin.tenants_seen().await.unwrap(), ["acme", "globex"]);
    admin.run("UPDATE posts SET title = 'x'").await.unwrap();
    observed.raw(SUPERUSER).await.run("SELECT FROM posts").await.unwrap();
    assert_eq!(observed.recorded().await, [""; 0]);
    assert_eq!(admin.tenants_seen().await.unwrap(), ["acme", "globex"]);
}

/// Views, functions, partitions and cursors: the statement is what the client sent.
#[tokio::test]
async fn what_reads_for_others_is_recorded_of_them() {
    let observed = Observed::new().await;
    let more = "CREATE VIEW titles AS SELECT title FROM posts; GRANT SELECT ON titles TO tenants_app;
        CREATE FUNCTION titles() RETURNS bigint LANGUAGE sql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp RETURN (SELECT count(*) FROM public.posts);
        CREATE TABLE newer () INHERITS (posts); INSERT INTO newer VALUES (900, 'globex', 'theirs, too')";
    observed.db.run("owner", more).await;
    let acme = observed.acme().await;
    for statement in [
        "SELECT title FROM titles WHERE title > 'a'",
        "SELECT titles()",
        "DO $$ BEGIN PERFORM FROM posts; END $$",
        "COPY (SELECT title FROM posts WHERE title > 's') TO STDOUT",
    ] {
        observed.raw(SUPERUSER).await.run("DELETE FROM tenants.observation").await.unwrap();
        match statement.starts_with("COPY") {
            true => drop(acme.copied(statement).await),
            false => acme.run(statement).await.unwrap(),
        }
        let recorded = observed.recorded().await;
        for relation in ["posts", "newer"] {
            // The child has no policy of its own, and is read through its parent's.
            let line = format!("public.{relation}|USING|scoped|app_login|{statement}");
            assert!(recorded.contains(&line), "{statement}: {recorded:?}");
        }
    }
}

/// Once in a transaction, and once an hour, however many rows and whoever else sees them.
#[tokio::test]
async fn a_kind_is_recorded_once() {
    let observed = Observed::new().await;
    let many =
        "INSERT INTO posts (tenant, title) SELECT 'globex', 'x' FROM generate_series(1, 1000)";
    observed.db.run(SUPERUSER, many).await;
    for _ in 0..2 {
        let acme = observed.acme().await;
        for _ in 0..2 {
            acme.run("SELECT FROM posts").await.unwrap();
        }
        acme.run("BEGIN").await.unwrap();
        acme.run("SELECT FROM posts").await.unwrap();
        acme.run("SELECT FROM posts").await.unwrap();
        acme.run("COMMIT").await.unwrap();
    }
    let expected = "public.posts|USING|scoped|app_login|SELECT FROM posts";
    assert_eq!(observed.recorded().await, [expected]);
    let superuser = observed.raw(SUPERUSER).await;
    let older = "UPDATE tenants.observation SET seen_at = seen_at - interval '61 minutes'";
    superuser.run(older).await.unwrap();
    observed.acme().await.run("SELECT FROM posts").await.unwrap();
    assert_eq!(observed.recorded().await, [expected; 2]);
    let (code, said, _) = observed.db.try_cli(&["observed"]).await;
    assert!(code == 1 && said.contains("; 2 times from "), "{said}");
    assert!(said.contains("Recorded: 1 kind of statement."), "{said}");
}
