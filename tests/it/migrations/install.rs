//! Schema `tenants`, installed by many at once.

use diesel::Connection;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use tenants_diesel::migrations::{self, InstallError, MIGRATIONS};

use super::scratch::Scratch;

const INSTALLED: &str =
    r#"SELECT "version" FROM "tenants"."__diesel_schema_migrations" ORDER BY 1"#;

fn all() -> Vec<String> {
    MIGRATIONS.iter().map(migrations::Migration::version).collect()
}

#[tokio::test]
async fn eight_processes_may_install_at_once() {
    let scratch = Scratch::new().await;
    let installs = (0..8).map(|number| {
        let url = scratch.url("owner");
        if number % 2 == 0 {
            tokio::spawn(async move {
                let mut conn = AsyncPgConnection::establish(&url).await.unwrap();
                migrations::install(&mut conn).await.map(|applied| applied.len())
            })
        } else {
            tokio::task::spawn_blocking(move || {
                let mut conn = diesel::PgConnection::establish(&url).unwrap();
                migrations::sync::install(&mut conn).map(|applied| applied.len())
            })
        }
    });
    let mut applied = 0;
    for install in installs.collect::<Vec<_>>() {
        applied += install.await.unwrap().unwrap();
    }
    assert_eq!(applied, MIGRATIONS.len());
    assert_eq!(scratch.values("owner", INSTALLED).await, Ok(all()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_install_changes_nothing() {
    let scratch = Scratch::new().await;
    let mut conn = AsyncPgConnection::establish(&scratch.url("owner")).await.unwrap();
    assert_eq!(migrations::install(&mut conn).await.unwrap(), MIGRATIONS);
    let before = scratch.snapshot().await;
    assert_eq!(migrations::install(&mut conn).await.unwrap(), []);
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn the_search_path_of_the_connection_stays_and_diesels_own_table_is_not_touched() {
    let scratch = Scratch::new().await;
    let mut conn = AsyncPgConnection::establish(&scratch.url("owner")).await.unwrap();
    migrations::install(&mut conn).await.unwrap();
    let path: String = diesel_async::RunQueryDsl::get_result(
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(
            "current_setting('search_path')",
        )),
        &mut conn,
    )
    .await
    .unwrap();
    assert_eq!(path, r#""$user", public"#);
    let theirs = "SELECT to_regclass('public.__diesel_schema_migrations') IS NULL";
    assert_eq!(scratch.values("owner", theirs).await.unwrap(), ["t"]);
}

#[tokio::test]
async fn a_refused_install_leaves_nothing_behind() {
    let scratch = Scratch::new().await;
    let before = scratch.snapshot().await;
    let mut login = AsyncPgConnection::establish(&scratch.url("login")).await.unwrap();
    let refused = migrations::install(&mut login).await.unwrap_err();
    assert!(matches!(refused, InstallError::Database(_)), "{refused}");
    assert!(refused.to_string().contains("as the owner"), "{refused}");
    let mut owner = AsyncPgConnection::establish(&scratch.url("owner")).await.unwrap();
    let refused = owner
        .transaction::<_, diesel::result::Error, _>(async |conn| {
            Ok(migrations::install(conn).await.unwrap_err())
        })
        .await
        .unwrap();
    assert!(matches!(refused, InstallError::InTransaction), "{refused}");
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn down_takes_up_back_and_refuses_while_a_policy_names_the_function() {
    let scratch = Scratch::new().await;
    scratch.run("owner", "CREATE SCHEMA tenants").await;
    let before = scratch.snapshot().await;
    for migration in MIGRATIONS {
        scratch.run("owner", migration.up).await;
    }
    let protected = "CREATE TABLE t (tenant text DEFAULT tenants.current_tenant())";
    scratch.run("owner", protected).await;
    let refused = scratch.values("owner", MIGRATIONS[0].down).await.unwrap_err();
    assert!(refused.starts_with("2BP01"), "{refused}");
    scratch.run("owner", "DROP TABLE t").await;
    for migration in MIGRATIONS.iter().rev() {
        scratch.run("owner", migration.down).await;
    }
    assert_eq!(scratch.snapshot().await, before);
}
