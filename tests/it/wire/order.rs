//! The scope goes ahead of the statement, and nothing of the statement's result comes out unless
//! the scope holds.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tenants_diesel::{ScopeError, TenantPool};
use tenants_tests::schema::{Post, posts, text_registry};

use super::Wire;
use crate::two::{Two, tenant, tenants_seen};

/// A pool of one connection behind a proxy, on which `tenants_seen` is prepared.
pub(crate) async fn warm(two: &Two) -> (TenantPool, Wire) {
    let wire = Wire::before(&two.db.url("app_login")).await;
    let pool = TenantPool::builder(wire.url())
        .max_size(1)
        .registry(text_registry())
        .build()
        .await
        .unwrap();
    let mut conn = pool.get(&two.acme).await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
    drop(conn);
    wire.clear_after(&park()).await;
    (pool, wire)
}

/// What every scope begins with, and a session scope ends with.
const CLEAN: &str = "BEGIN NOT DEFERRABLE; SET ROLE NONE; RESET ALL; SET TIME ZONE 'UTC'; \
                     SET client_encoding = 'UTF8'; SET \"tenants\".\"tenant\" = ''; \
                     CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES";
const UNLOCK: &str = "pg_catalog.pg_advisory_unlock_all()";
const SEEN: &str = "SELECT DISTINCT \"posts\".\"tenant\" FROM \"posts\"";

/// What a session scope is left with.
pub(super) fn park() -> String {
    format!("{CLEAN}; SELECT {UNLOCK}; COMMIT")
}

/// What `read` does not wait for.
pub(super) fn finish() -> String {
    format!("ROLLBACK; SELECT {UNLOCK}")
}

fn enter(statements: &str) -> String {
    format!("{CLEAN}; COMMIT; {statements}")
}

/// The end of a verified transaction of globex.
fn commit() -> String {
    format!(
        "SET CONSTRAINTS ALL IMMEDIATE; CLOSE ALL; \
         SELECT CASE WHEN current_user OPERATOR(pg_catalog.=) 'tenants_app' AND \
         pg_catalog.current_setting('tenants.tenant', true) OPERATOR(pg_catalog.=) 'globex' \
         THEN NULL ELSE \"tenants\".\"refuse\"('tenants_scope_lost') END, {UNLOCK}; \
         SET statement_timeout = 0; SET ROLE NONE; \
         SET \"tenants\".\"tenant\" = ''; COMMIT"
    )
}

fn assert_statements(wire: &Wire, expected: &[&str]) {
    let sent = wire.statements();
    assert_eq!(sent.len(), expected.len(), "{sent:#?}");
    for (sent, expected) in sent.iter().zip(expected) {
        assert!(sent.starts_with(expected), "{sent}\nis not\n{expected}");
    }
}

#[tokio::test]
async fn a_checkout_cleans_and_enters_in_one_message_ahead_of_the_statement() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;

    let mut conn = pool.get(&two.globex).await.unwrap();
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"]);
    let enter_globex = enter(
        "BEGIN; SELECT \"tenants\".\"admit\"('globex'); \
         SET \"tenants\".\"tenant\" = 'globex'; SET ROLE 'tenants_app'; COMMIT",
    );
    assert_statements(&wire, &[&enter_globex, SEEN]);

    // It stays for later statements, and the connection leaves it on its way back.
    tenants_seen(&mut conn).await.unwrap();
    assert_statements(&wire, &[&enter_globex, SEEN, SEEN]);
    wire.clear_after(SEEN).await;
    drop(conn);
    pool.read(&two.acme, async |conn| tenants_seen(conn).await).await.unwrap();
    assert_statements(&wire, &[&park(), &enter("BEGIN READ ONLY"), SEEN]);
}

#[tokio::test]
async fn a_transaction_sends_its_scope_with_begin_and_leaves_it_with_commit() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;

    pool.transaction(&two.globex, async |conn| tenants_seen(conn).await).await.unwrap();
    let sent = wire.statements();
    let begin = enter(
        "BEGIN; SELECT \"tenants\".\"admit\"('globex'); \
         SET LOCAL \"tenants\".\"tenant\" = 'globex'; SET LOCAL ROLE 'tenants_app'",
    );
    assert_eq!(sent[0], begin);
    pool.read(&two.acme, async |conn| tenants_seen(conn).await).await.unwrap();
    assert_statements(&wire, &[&begin, SEEN, &commit(), &enter("BEGIN READ ONLY"), SEEN]);
}

#[tokio::test]
async fn what_a_raw_statement_may_leave_is_taken_away_at_once() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;

    pool.transaction(&two.globex, async |conn| {
        diesel::sql_query("LISTEN news").execute(conn).await
    })
    .await
    .unwrap();
    wire.clear_after(&park()).await;
    pool.read(&two.globex, async |conn| diesel::sql_query("LISTEN news").execute(conn).await)
        .await
        .unwrap();
    wire.clear_after(&park()).await;
}

#[tokio::test]
async fn a_transaction_that_fails_leaves_its_scope_with_rollback() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;

    let error = pool
        .transaction(&two.globex, async |conn| {
            tenants_seen(conn).await?;
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        })
        .await
        .unwrap_err();
    assert_eq!(error, diesel::result::Error::RollbackTransaction);
    pool.read(&two.acme, async |conn| tenants_seen(conn).await).await.unwrap();
    let rollback = format!("ROLLBACK; SELECT {UNLOCK}");
    assert_statements(&wire, &[CLEAN, SEEN, &rollback, CLEAN, SEEN]);
}

#[tokio::test]
async fn a_result_stays_inside_if_the_scope_failed() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    let nobody = tenant("nobody");

    let mut conn = pool.get(&nobody).await.unwrap();
    let error = tenants_seen(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&error), Some(ScopeError::UnknownTenant));
    let admit = "SELECT \"tenants\".\"admit\"('nobody')";
    assert_statements(&wire, &[&enter(&format!("BEGIN; {admit}")), SEEN]);
    // The server refused both: the statement met the failed transaction of the scope.
    assert_eq!(wire.refused().await, ["TN001", "25P02"]);
    drop(conn);

    for access in ["BEGIN", "BEGIN READ ONLY"] {
        // The connection of the failed scope was closed; warm up another one.
        pool.read(&two.acme, async |conn| tenants_seen(conn).await).await.unwrap();
        wire.clear_after(&finish()).await;
        let error = if access == "BEGIN" {
            pool.transaction(&nobody, async |conn| tenants_seen(conn).await).await.unwrap_err()
        } else {
            pool.read(&nobody, async |conn| tenants_seen(conn).await).await.unwrap_err()
        };
        assert_eq!(ScopeError::of(&error), Some(ScopeError::UnknownTenant));
        assert_statements(&wire, &[&enter(&format!("{access}; {admit}")), SEEN]);
        assert_eq!(wire.refused().await, ["TN001", "25P02"]);
    }
}

#[tokio::test]
async fn a_login_that_could_read_by_itself_reads_nothing_behind_a_failed_scope() {
    let two = Two::new().await;
    let (pool, wire) = warm(&two).await;
    two.db
        .run(
            "owner",
            "GRANT SELECT ON posts TO app_login;
             CREATE POLICY careless ON posts TO app_login USING (true)",
        )
        .await;
    let mut login = two.db.connect("app_login").await;
    assert_eq!(tenants_seen(&mut login).await.unwrap(), ["acme", "globex"]);

    let mut conn = pool.get(&tenant("nobody")).await.unwrap();
    let error =
        posts::table.select(Post::as_select()).load(&mut conn).await.map(|_| ()).unwrap_err();
    assert_eq!(ScopeError::of(&error), Some(ScopeError::UnknownTenant));
    assert_eq!(wire.refused().await, ["TN001", "25P02"]);

    let again = tenants_seen(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&again), Some(ScopeError::NotEntered));
}
