//! Statements that would run as the login itself.

use super::*;
use diesel::sql_types::Double;
use diesel_async::{AsyncConnection, TransactionManager};

diesel::define_sql_function! { #[sql_name = "tenants.delete_tenant"] fn delete_tenant(id: Text) -> Nullable<Text>; }
diesel::define_sql_function! { #[sql_name = "pg_sleep"] fn pg_sleep(seconds: Double) -> Nullable<Text>; }

#[tokio::test]
async fn a_statement_behind_a_refused_scope_does_not_run() {
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    // Prepared, and cached, although it may not be executed.
    let mut conn = pool.get(&a).await.unwrap();
    diesel::select(delete_tenant("b")).execute(&mut conn).await.unwrap_err();
    drop(conn);
    let unknown = TenantId::try_from("unknown").unwrap();
    let mut conn = pool.get(&unknown).await.unwrap();
    diesel::select(delete_tenant("b")).execute(&mut conn).await.unwrap_err();
    drop(conn);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(pool.list_tenants().await.unwrap().len(), 2, "the login deleted `b`");
}

#[tokio::test]
async fn a_statement_behind_a_refused_scope_does_not_go_on() {
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    diesel::select(pg_sleep(0.0)).execute(&mut conn).await.unwrap();
    drop(conn);
    let unknown = TenantId::try_from("unknown").unwrap();
    let mut conn = pool.get(&unknown).await.unwrap();
    diesel::select(pg_sleep(9.0)).execute(&mut conn).await.unwrap_err();
    drop(conn);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut raw = db.connect("postgres").await;
    let look = "SELECT query AS t FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep($1)%'
        AND datname = current_database() AND pid <> pg_backend_pid()";
    let running: Vec<Row> = diesel::sql_query(look).load(&mut raw).await.unwrap();
    assert_eq!(running.len(), 0);
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
async fn tenants_cannot_call_what_looks_at_tenants() {
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    for call in [
        "admit('b')",
        "list_tenants()",
        "create_tenant('x')",
        "ensure_tenant('x')",
        "delete_tenant('b')",
        "restore_tenant('b')",
        "tenant_exists('b')",
        "provision_tenant('x', 'tenants_app', 'app_login')",
        "provision_role('b', 'tenants_app', 'app_login')",
        "restore_tenant('b', 'tenants_app', 'app_login')",
    ] {
        let error = exec(&mut conn, &format!("SELECT tenants.{call}")).await.unwrap_err();
        assert!(error.to_string().contains("permission denied for function"), "{call}: {error}");
    }
    exec(&mut conn, "SELECT id FROM tenants.tenant").await.unwrap_err();
}
