//! Statements that would run as the login itself.

use super::*;
use diesel::pg::Pg;
use diesel_async::{AsyncConnection, TransactionManager};
use std::time::Instant;
use tenants_diesel::ScopeError;

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
