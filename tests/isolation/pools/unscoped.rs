//! Statements that would run as the login itself.

use super::*;
use diesel::pg::Pg;
use diesel_async::{AsyncConnection, TransactionManager};
use std::time::Instant;
use tenants_diesel::{Admission, Pooler, ScopeError};

diesel::define_sql_function! { #[sql_name = "tenants.delete_tenant"] fn delete_tenant(id: Text) -> Nullable<Text>; }
diesel::define_sql_function! { #[sql_name = "nextval"] fn nextval(sequence: Text) -> BigInt; }

#[tokio::test]
async fn a_statement_behind_a_refused_scope_does_not_run() {
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    // Prepared, and cached, although it may not be executed.
    let mut conn = pool.get(&a).await.unwrap();
    diesel::select(delete_tenant("b")).execute(&mut conn).await.unwrap_err();
    drop(conn);
    assert_unknown(&pool, diesel::select(delete_tenant("b"))).await;
    until_disconnected(&db).await;
    assert_eq!(pool.list_tenants().await.unwrap().len(), 2, "the login deleted `b`");
}

/// Nor does it run and get undone: a number that was drawn is not given back by a rollback.
#[tokio::test]
async fn a_statement_behind_a_refused_scope_leaves_no_trace() {
    let db = Database::new().await;
    db.run("owner", "CREATE SEQUENCE drawn; GRANT USAGE ON SEQUENCE drawn TO PUBLIC").await;
    let (pool, a, _) = one_connection(&db).await;
    let draw = || diesel::select(nextval("public.drawn"));
    let mut conn = pool.get(&a).await.unwrap();
    assert_eq!(draw().get_result::<i64>(&mut conn).await, Ok(1));
    drop(conn);
    assert_unknown(&pool, draw()).await;
    until_disconnected(&db).await;
    assert_eq!(db.number("SELECT last_value FROM drawn").await, 1);
}

/// Sees that a statement of an unknown tenant is refused as such.
async fn assert_unknown<Q>(pool: &TenantPool, statement: Q)
where
    Q: diesel::query_builder::QueryFragment<Pg> + diesel::query_builder::QueryId + Send,
{
    let unknown = TenantId::try_from("unknown").unwrap();
    let mut conn = pool.get(&unknown).await.unwrap();
    let refused = statement.execute(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
}

/// Waits until the server is done with all that the pool sent: a connection whose scope failed is
/// closed, and its session ends when there is nothing more to do.
async fn until_disconnected(db: &Database) {
    let sessions = "SELECT count(*) FROM pg_stat_activity
        WHERE usename = 'app_login' AND datname = current_database()";
    let deadline = Instant::now() + Duration::from_secs(60);
    while db.number(sessions).await != 0 {
        assert!(Instant::now() < deadline, "the session goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn no_statement_runs_behind_a_commit_that_found_a_conflict() {
    type Manager = <TenantConnection as AsyncConnection>::TransactionManager;
    let db = Database::new().await;
    db.run(
        "owner",
        "CREATE TABLE parents (tenant text, id int, PRIMARY KEY (tenant, id));
         CREATE TABLE children (tenant text DEFAULT tenants.current_tenant(), parent int,
            FOREIGN KEY (tenant, parent) REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
         GRANT SELECT, INSERT ON parents, children TO tenants_app",
    )
    .await;
    let (pool, a, _) = one_connection(&db).await;
    let result: QueryResult<()> = pool
        .transaction(&a, async |c| {
            exec(c, "INSERT INTO children (parent) VALUES (1)").await?;
            Manager::commit_transaction(c).await.unwrap_err();
            let user = texts(c, "SELECT current_user::text AS t").await;
            assert!(user.is_err(), "ran as {user:?}");
            Ok(())
        })
        .await;
    result.unwrap_err();
    // The usual way there is one round trip cheaper than a new connection.
    let conflict = pool
        .transaction(&a, async |c| exec(c, "INSERT INTO children (parent) VALUES (1)").await)
        .await;
    conflict.unwrap_err();
    assert_eq!(pool.status().available, 1);
}

#[tokio::test]
async fn no_raw_statement_makes_a_read_write() {
    let db = Database::new().await;
    let a = db.pool().await.create_tenant("a").await.unwrap();
    for admission in [Admission::Check, Admission::Off] {
        let pool = db.builder().admission(admission).max_size(1).build().await.unwrap();
        for hatch in [
            "SET TRANSACTION READ WRITE",
            "SET transaction_read_only = off",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
            "SELECT set_config('transaction_read_only', 'off', true)",
            "SAVEPOINT s",
        ] {
            let written = pool
                .read(&a, async |conn| {
                    let _ = exec(conn, hatch).await;
                    post(conn, "written").await
                })
                .await;
            assert!(written.is_err(), "{hatch}, {admission:?}");
        }
        assert_eq!(stored(&db).await, [], "{admission:?}");
    }
    // A transaction writes, so it is the `read` that refuses.
    let pool = db.builder().admission(Admission::Off).build().await.unwrap();
    pool.transaction(&a, async |conn| post(conn, "written").await).await.unwrap();
    assert_eq!(stored(&db).await.len(), 1);
}

/// Behind a pooler, too: what is reported as failed was not committed.
#[tokio::test]
async fn locks_that_cannot_be_given_back_fail_the_transaction_before_it_is_committed() {
    for pooler in [Pooler::None, Pooler::Transaction] {
        let db = Database::new().await;
        let pool = db.builder().pooler(pooler).build().await.unwrap();
        let a = pool.create_tenant("a").await.unwrap();
        pool.transaction(&a, async |conn| post(conn, "kept").await).await.unwrap();
        assert_eq!(stored(&db).await.len(), 1);
        db.run("postgres", "REVOKE EXECUTE ON FUNCTION pg_advisory_unlock_all FROM PUBLIC").await;
        pool.transaction(&a, async |conn| post(conn, "lost").await).await.unwrap_err();
        assert_eq!(stored(&db).await.len(), 1, "{pooler:?}");
    }
}
