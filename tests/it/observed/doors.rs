//! Who may see what was recorded, who may begin to observe, and what injected SQL makes of it.

use tenants_core::login::DatabaseProblem;
use tenants_diesel::BuildError;
use tenants_tests::{REFUSED, SUPERUSER};

use super::Observed;

#[tokio::test]
async fn what_was_recorded_is_for_owner_and_admin_alone() {
    let observed = Observed::new().await;
    let acme = observed.acme().await;
    acme.run("SELECT FROM posts").await.unwrap();
    for statement in [
        "SELECT FROM tenants.observation",
        "DELETE FROM tenants.observation",
        "TRUNCATE tenants.observation",
        "INSERT INTO tenants.observation (seen_at, digest, relation, side, is_scoped, login, application, statement)
            VALUES (now(), 1, '', '', true, '', '', '')",
    ] {
        assert_eq!(acme.run(statement).await, Err(REFUSED.to_owned()), "{statement}");
        let login = observed.raw("app_login").await;
        assert_eq!(login.run(statement).await, Err(REFUSED.to_owned()), "{statement}");
    }
    let admin = observed.raw("admin_login").await;
    admin.run("SET ROLE tenants_admin").await.unwrap();
    assert_eq!(admin.row("SELECT count(*) FROM tenants.observation").await, "1");
    assert_eq!(admin.run("DELETE FROM tenants.observation").await, Err(REFUSED.to_owned()));
    assert_eq!(
        observed.raw("owner").await.row("SELECT count(*) FROM tenants.observation").await,
        "1"
    );
}

#[tokio::test]
async fn scoped_code_cannot_begin_to_observe() {
    let observed = Observed::new().await;
    observed.enforce().await;
    let acme = observed.acme().await;
    for statement in [
        "CREATE POLICY tenants_observe ON posts USING (true)",
        "DROP POLICY tenants_guard ON posts",
        "ALTER TABLE posts DISABLE ROW LEVEL SECURITY",
        "CREATE OR REPLACE FUNCTION tenants.observe(relation oid, side text) RETURNS boolean LANGUAGE sql RETURN true",
    ] {
        assert_eq!(acme.run(statement).await, Err(REFUSED.to_owned()), "{statement}");
    }
    assert_eq!(acme.tenants_seen().await.unwrap(), ["acme"]);
}

/// Whoever puts the policy back on a table that is enforced: the guard holds, pools and the commands refuse it.
#[tokio::test]
async fn the_policy_opens_no_table_that_is_enforced() {
    let observed = Observed::new().await;
    observed.enforce().await;
    let again = "CREATE POLICY tenants_observe ON posts
        USING (tenant = tenants.current_tenant() OR tenants.observe(tableoid, 'USING'))
        WITH CHECK (tenant = tenants.current_tenant() OR tenants.observe(tableoid, 'WITH CHECK'))";
    observed.db.run("owner", again).await;
    let acme = observed.acme().await;
    assert_eq!(acme.tenants_seen().await.unwrap(), ["acme"]);
    let foreign = "INSERT INTO posts (tenant, title) VALUES ('globex', 'x')";
    assert_eq!(acme.run(foreign).await, Err(REFUSED.to_owned()));
    assert_eq!(
        acme.rows("UPDATE posts SET title = 'x' RETURNING tenant").await.unwrap(),
        ["acme"; 2]
    );
    let refused = observed.db.builder().build().await.unwrap_err();
    let is_observed = matches!(refused, BuildError::Database(DatabaseProblem::Observed { .. }));
    assert!(is_observed, "{refused:?}");
    // Without the guard it is open, so that what was found above can be found.
    observed.db.run("owner", "DROP POLICY tenants_guard ON posts").await;
    assert_eq!(acme.tenants_seen().await.unwrap(), ["acme", "globex"]);
}

/// Under the names of policies that enforce, what observes opens the table, and no pool accepts it.
#[tokio::test]
async fn policies_that_also_observe_enforce_nothing() {
    let observed = Observed::new().await;
    observed.enforce().await;
    for policy in ["isolation", "guard"] {
        let open = format!(
            "ALTER POLICY tenants_{policy} ON posts
            USING (tenant = tenants.current_tenant() OR tenants.observe(tableoid, 'USING'))
            WITH CHECK (tenant = tenants.current_tenant() OR tenants.observe(tableoid, 'USING'))"
        );
        observed.db.run("owner", &open).await;
    }
    let acme = observed.acme().await;
    assert_eq!(acme.tenants_seen().await.unwrap(), ["acme", "globex"]);
    for builder in [observed.db.builder(), observed.builder()] {
        let refused = builder.build().await.unwrap_err();
        let unprotected =
            matches!(refused, BuildError::Database(DatabaseProblem::Unprotected { .. }));
        assert!(unprotected, "{refused:?}");
    }
}

/// Called by itself, it is always true, whatever it is asked, and where nothing is observed it records nothing.
#[tokio::test]
async fn injected_calls_learn_nothing() {
    let observed = Observed::new().await;
    let calls = [
        "tenants.observe('posts'::regclass, 'USING')",
        "tenants.observe('posts'::regclass, 'neither')",
        "tenants.observe('posts'::regclass, NULL)",
        "tenants.observe('plans'::regclass, 'USING')",
        "tenants.observe('tenants.tenant'::regclass, 'USING')",
        "tenants.observe(0, 'USING')",
        "tenants.observe(NULL, NULL)",
        "tenants.record_observation('posts'::regclass, 'WITH CHECK')",
        "tenants.record_observation(4294967295, 'USING')",
    ];
    let acme = observed.acme().await;
    for call in calls {
        assert_eq!(acme.row(&format!("SELECT {call}")).await, "t", "{call}");
    }
    // Of an observed table it records the statement that called it, and nothing else.
    let expected = [
        format!("public.posts|USING|scoped|app_login|SELECT {}", calls[0]),
        format!("public.posts|WITH CHECK|scoped|app_login|SELECT {}", calls[7]),
    ];
    assert_eq!(observed.recorded().await, expected);
    observed.enforce().await;
    for call in calls {
        assert_eq!(acme.row(&format!("SELECT /* again */ {call}")).await, "t", "{call}");
    }
    assert_eq!(observed.recorded().await, expected);
}

/// It is full at 16 MB, and `--clear` gives the room back.
#[tokio::test]
async fn the_table_of_observations_is_bounded() {
    let observed = Observed::new().await;
    let fill = "INSERT INTO tenants.observation (seen_at, digest, relation, side, is_scoped, login, application, statement)
        SELECT now(), n, 'x', 'USING', true, 'x', 'x', repeat('x', 800) FROM generate_series(1, 20000) AS n";
    observed.db.run("owner", fill).await;
    let acme = observed.acme().await;
    acme.run("SELECT FROM posts").await.unwrap();
    let mine = "SELECT count(*) FROM tenants.observation WHERE relation = 'public.posts'";
    let superuser = observed.raw(SUPERUSER).await;
    assert_eq!(superuser.row(mine).await, "0");
    let (code, said, _) = observed.db.try_cli(&["observed"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("There is no room for more: `tenants observed --clear`"), "{said}");
    observed.db.cli(&["observed", "--clear"]).await;
    let (code, said, _) = observed.db.try_cli(&["observed"]).await;
    assert!(
        !said.contains("no room") && said.ends_with("Nothing was recorded.\n"),
        "{code} {said}"
    );
    acme.run("SELECT FROM posts").await.unwrap();
    assert_eq!(superuser.row(mine).await, "1");
    // A long statement is cut.
    acme.run(&format!("SELECT '{}' FROM posts", "ü".repeat(5000))).await.unwrap();
    let longest = "SELECT max(length(statement)) FROM tenants.observation";
    assert_eq!(superuser.row(longest).await, "1000");
}
