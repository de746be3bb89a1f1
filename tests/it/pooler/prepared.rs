//! Prepared statements behind a pooler: whose they are, and who is told when they are nobody's.

use diesel::IntoSql;
use diesel::result::Error as DieselError;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tenants_diesel::{BuildError, Pooler};

use super::bouncer::Statements;
use super::{Behind, assert_unscoped, with_both};
use crate::raw::Raw;
use crate::two;

with_both! {
    rule11_a_statement_runs_that_another_client_prepared_unless_it_is_carried
}

/// Two connections to the server, on which one name stands for two statements.
async fn rule11_a_statement_runs_that_another_client_prepared_unless_it_is_carried(
    statements: Statements,
) {
    let behind = Behind::with_server_connections(statements, 2).await;
    let mut stock = AsyncPgConnection::establish(&behind.url("app_login")).await.unwrap();
    let answer = async |stock: &mut AsyncPgConnection| {
        stock
            .transaction::<String, DieselError, _>(async |stock| {
                diesel::select("mine".into_sql::<Text>()).get_result(stock).await
            })
            .await
    };
    assert_eq!(answer(&mut stock).await.unwrap(), "mine");
    let known = "SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT $1'";
    // Each of them has one of the server's connections; the one that knows the statement stays busy.
    let (mut busy, mut stranger) = (behind.raw().await, behind.raw().await);
    busy.run("BEGIN").await.unwrap();
    stranger.run("BEGIN").await.unwrap();
    if busy.rows(known).await.unwrap().is_empty() {
        std::mem::swap(&mut busy, &mut stranger);
    }
    let name = busy.row(known).await;
    assert!(stranger.rows(known).await.unwrap().is_empty());
    stranger.run("COMMIT").await.unwrap();
    match statements {
        Statements::PassedOn => {
            let lost = answer(&mut stock).await.unwrap_err().to_string();
            assert!(lost.contains(&name), "{lost}");
            stranger
                .run(&format!("PREPARE {name} (text) AS SELECT 'theirs'::text WHERE $1 <> ''"))
                .await
                .unwrap();
            assert_eq!(answer(&mut stock).await.unwrap(), "theirs");
        }
        Statements::Carried => {
            assert!(name.starts_with("PGBOUNCER_"), "{name}");
            assert_eq!(answer(&mut stock).await.unwrap(), "mine");
        }
    }
    busy.run("COMMIT").await.unwrap();
}

#[tokio::test]
async fn rule11_async_pools_are_refused_where_statements_are_passed_on() {
    for size in [1, 2] {
        let behind = Behind::with_server_connections(Statements::PassedOn, size).await;
        let refused = behind.async_builder().build().await.unwrap_err();
        assert!(matches!(refused, BuildError::StatementsBehindPooler), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains("1.21") && said.contains("sync::TenantPool"), "{said}");
    }
}

/// What an earlier program left on the server's connection: it fails while connecting.
#[tokio::test]
async fn rule11_they_are_told_so_when_a_name_is_taken_already() {
    let behind = Behind::new(Statements::PassedOn).await;
    let stranger = behind.raw().await;
    // No counter of this program has come so far that none of its next names is here.
    let all = "DO $$ BEGIN FOR i IN 0..20000 LOOP EXECUTE format('PREPARE s%s AS SELECT 1', i); END LOOP; END $$";
    stranger.run(all).await.unwrap();
    let refused = behind.async_builder().build().await.unwrap_err();
    assert!(matches!(refused, BuildError::StatementsBehindPooler), "{refused:?}");
}

/// Nothing is refused that works: a server alone, and a pool that the driver made.
#[tokio::test]
async fn rule11_async_pools_are_built_where_statements_are_found_again() {
    let behind = Behind::with_server_connections(Statements::Carried, 2).await;
    behind.async_builder().build().await.unwrap();
    behind.two.db.builder().pooler(Pooler::Transaction).build().await.unwrap();
    let stock = behind.two.stock_pool();
    let existing = tenants_diesel::TenantPool::from_pool(stock).pooler(Pooler::Transaction);
    existing.registry(tenants_tests::schema::text_registry()).build().await.unwrap();
}

/// One client whose transactions change the server's connection.
#[tokio::test]
async fn rule11_async_statements_that_change_server_connections_show_no_other_rows() {
    let behind = Behind::with_server_connections(Statements::Carried, 2).await;
    let pool = behind.async_builder().max_size(1).build().await.unwrap();
    // Not `read`, which returns while the pooler's connection may still be busy with its COMMIT.
    let seen = async |tenant| {
        let transaction = pool.transaction(tenant, async |conn| {
            Ok::<_, DieselError>((two::tenants_seen(conn).await?, two::try_pid(conn).await?))
        });
        transaction.await.unwrap()
    };
    let (rows, before) = seen(&behind.two.acme).await;
    assert_eq!(rows, ["acme"]);
    let other: Raw = behind.raw().await;
    other.run("BEGIN").await.unwrap();
    assert_eq!(other.row("SELECT pg_backend_pid()").await, before.to_string());
    let (rows, after) = seen(&behind.two.globex).await;
    assert_eq!(rows, ["globex"]);
    assert_ne!(after, before);
    // The one of them, and the other.
    assert_unscoped(&behind).await;
    other.run("COMMIT").await.unwrap();
    assert_unscoped(&behind).await;
}
