//! Recording breaks nothing and holds nobody up.

use tenants_tests::SUPERUSER;

use super::Observed;

const READ: &str = "SELECT DISTINCT tenant FROM posts ORDER BY tenant";

/// Whoever had to wait would fail: no lock is waited for, for longer than a millisecond.
#[tokio::test]
async fn two_open_transactions_record_the_same_thing() {
    for isolation in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let observed = Observed::new().await;
        let sessions = [observed.acme().await, observed.acme().await];
        for session in &sessions {
            session.run("SET lock_timeout = '1ms'").await.unwrap();
            session.run(&format!("BEGIN ISOLATION LEVEL {isolation}")).await.unwrap();
        }
        for session in sessions.iter().chain(&sessions) {
            assert_eq!(session.rows(READ).await.unwrap(), ["acme", "globex"]);
        }
        for session in &sessions {
            session.run("COMMIT").await.unwrap();
        }
        // One each, told as one.
        assert_eq!(observed.recorded().await.len(), 2, "{isolation}");
        let (_, said, _) = observed.db.try_cli(&["observed"]).await;
        assert!(said.contains("Recorded: 1 kind"), "{said}");
    }
}

/// Also not for who changes the table of observations itself.
#[tokio::test]
async fn a_locked_table_of_observations_is_passed_by() {
    let observed = Observed::new().await;
    let owner = observed.raw("owner").await;
    owner.run("BEGIN; LOCK TABLE tenants.observation IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let acme = observed.acme().await;
    acme.run("SET lock_timeout = '1ms'; BEGIN").await.unwrap();
    assert_eq!(acme.rows(READ).await.unwrap(), ["acme", "globex"]);
    acme.run("COMMIT").await.unwrap();
    owner.run("ROLLBACK").await.unwrap();
    assert_eq!(observed.recorded().await, [""; 0]);
    acme.rows(READ).await.unwrap();
    assert_eq!(observed.recorded().await.len(), 1);
}

#[tokio::test]
async fn whatever_fails_there_the_statement_goes_on() {
    let observed = Observed::new().await;
    let broken = "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM 1 / 0; RETURN NEW; END $$;
        CREATE TRIGGER broken BEFORE INSERT ON tenants.observation EXECUTE FUNCTION broken()";
    observed.db.run("owner", broken).await;
    let acme = observed.acme().await;
    acme.run("BEGIN").await.unwrap();
    assert_eq!(acme.rows(READ).await.unwrap(), ["acme", "globex"]);
    acme.run("INSERT INTO posts (tenant, title) VALUES ('globex', 'x')").await.unwrap();
    acme.run("COMMIT").await.unwrap();
    assert_eq!(observed.recorded().await, [""; 0]);
    assert_eq!(observed.db.posts().await.len(), 4);
    observed.db.run("owner", "DROP TABLE tenants.observation CASCADE").await;
    assert_eq!(acme.rows(READ).await.unwrap(), ["acme", "globex"]);
}

#[tokio::test]
async fn a_read_only_transaction_reads_on() {
    let observed = Observed::new().await;
    let acme = observed.acme().await;
    acme.run("SET client_min_messages = log; BEGIN READ ONLY").await.unwrap();
    assert_eq!(acme.rows(READ).await.unwrap(), ["acme", "globex"]);
    assert_eq!(acme.rows(READ).await.unwrap(), ["acme", "globex"]);
    acme.run("COMMIT").await.unwrap();
    assert_eq!(observed.recorded().await, [""; 0]);
    // It is told to the log, once.
    let heard = acme.heard();
    let told: Vec<_> = heard.iter().filter(|line| line.contains("public.posts")).collect();
    assert!(matches!(told[..], [line] if line.contains("would have hidden rows")), "{heard:?}");
}

/// What is rolled back takes its record along; a savepoint does so, too, and then it is recorded anew.
#[tokio::test]
async fn what_is_rolled_back_is_forgotten() {
    let observed = Observed::new().await;
    let acme = observed.acme().await;
    acme.run("BEGIN").await.unwrap();
    acme.rows(READ).await.unwrap();
    acme.run("ROLLBACK").await.unwrap();
    assert_eq!(observed.recorded().await, [""; 0]);
    acme.run("BEGIN; SAVEPOINT a").await.unwrap();
    acme.rows(READ).await.unwrap();
    acme.run("ROLLBACK TO SAVEPOINT a").await.unwrap();
    acme.rows(READ).await.unwrap();
    acme.run("COMMIT").await.unwrap();
    assert_eq!(observed.recorded().await.len(), 1);
}

/// Where nobody may call `set_config`, as the documentation recommends.
#[tokio::test]
async fn no_right_of_the_application_is_needed() {
    let observed = Observed::new().await;
    let revoke =
        "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC";
    observed.db.run(SUPERUSER, revoke).await;
    let acme = observed.acme().await;
    acme.run("SET search_path = public, pg_temp").await.unwrap();
    assert_eq!(acme.rows(READ).await.unwrap(), ["acme", "globex"]);
    assert_eq!(observed.recorded().await.len(), 1);
}

/// With many rows of others a query is planned without workers, and every other one as before.
#[tokio::test]
async fn plans_with_workers_are_for_other_tables() {
    let observed = Observed::new().await;
    let many = "INSERT INTO posts (tenant, title) SELECT 'globex', 'x' FROM generate_series(1, 20000); ANALYZE posts;
        CREATE TABLE other AS SELECT * FROM posts; GRANT SELECT ON other TO tenants_app; ANALYZE other";
    observed.db.run(SUPERUSER, many).await;
    let acme = observed.acme().await;
    let eager = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0";
    acme.run(eager).await.unwrap();
    let has_workers = async |table: &str| {
        let plan = acme.rows(&format!("EXPLAIN SELECT count(*) FROM {table}")).await.unwrap();
        plan.concat().contains("Workers Planned")
    };
    assert!(has_workers("other").await);
    assert!(!has_workers("posts").await);
    assert_eq!(acme.row("SELECT count(*) FROM posts").await, "20003");
    assert_eq!(observed.recorded().await.len(), 1);
}
