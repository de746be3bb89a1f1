//! What transactions do to a scope.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_diesel::{ScopeError, TenantConnection};
use tenants_tests::{REFUSED, sqlstate};

use super::entering::{AS_ACME, AS_GLOBEX};
use crate::two::{Two, pid, role, tenants_seen};

#[tokio::test]
async fn rule_03_a_rollback_does_not_undo_the_scope() {
    let two = Two::new().await;
    let naive = two.raw("app_login").await;
    naive.run(&format!("{AS_ACME}; BEGIN")).await.unwrap();
    assert_eq!(naive.tenants_seen().await, Ok(vec!["acme".into()]));
    naive.run("ROLLBACK").await.unwrap();
    assert_eq!(naive.row("SELECT current_user").await, "app_login", "the scope is gone with it");

    let pool = two.pool_of_one().await;
    let mut conn = pool.get(&two.acme).await.unwrap();
    let rolled_back = conn
        .transaction::<(), _, _>(async |conn| {
            assert_eq!(tenants_seen(conn).await?, ["acme"]);
            Err(DieselError::RollbackTransaction)
        })
        .await;
    assert_eq!(rolled_back, Err(DieselError::RollbackTransaction));
    assert_eq!(role(&mut conn).await, "tenants_app");
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["acme"]);
}

#[tokio::test]
async fn rule_04_a_transaction_left_open_gives_nobody_another_tenants_scope() {
    let two = Two::new().await;
    let naive = two.raw("app_login").await;
    naive.run(AS_ACME).await.unwrap();
    naive.run("BEGIN").await.unwrap();
    // The next borrower, whose own code rolls something back.
    naive.run("RESET ROLE").await.unwrap();
    naive.run(AS_GLOBEX).await.unwrap();
    assert_eq!(naive.tenants_seen().await, Ok(vec!["globex".into()]));
    naive.run("ROLLBACK").await.unwrap();
    assert_eq!(naive.tenants_seen().await, Ok(vec!["acme".into()]), "globex sees acme's rows");

    let stock = two.stock_pool();
    let pool = two.pool_over(&stock).await;
    for leave_open in [
        "BEGIN; SELECT 1",
        "BEGIN; SAVEPOINT a",
        "START TRANSACTION READ ONLY; SELECT 1",
        "BEGIN; DO $$ BEGIN RAISE EXCEPTION 'aborted'; END $$",
    ] {
        let mut careless = stock.get().await.unwrap();
        careless.batch_execute(AS_ACME).await.unwrap();
        // The last one fails, and leaves a failed transaction.
        let _ = careless.batch_execute(leave_open).await;
        drop(careless);
        let mut conn = pool.get(&two.globex).await.unwrap();
        let refused = tenants_seen(&mut conn).await.unwrap_err();
        assert_eq!(ScopeError::of(&refused), Some(ScopeError::OpenTransaction), "{leave_open}");
        drop(conn);
        two.assert_isolated(&pool).await;
    }
    // One that ran nothing has nothing to lose, and ends before the scope begins.
    for leave_open in ["BEGIN", "START TRANSACTION READ ONLY", "BEGIN; SET LOCAL ROLE tenants_app"]
    {
        let mut careless = stock.get().await.unwrap();
        careless.batch_execute(AS_ACME).await.unwrap();
        careless.batch_execute(leave_open).await.unwrap();
        drop(careless);
        let mut conn = pool.get(&two.globex).await.unwrap();
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"], "{leave_open}");
        let rolled_back =
            conn.transaction::<(), _, _>(async |_| Err(DieselError::RollbackTransaction)).await;
        assert_eq!(rolled_back, Err(DieselError::RollbackTransaction));
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"], "{leave_open}");
        drop(conn);
        two.assert_isolated(&pool).await;
    }
}

#[tokio::test]
async fn rule_05_whatever_ends_the_scope_ends_at_a_login_without_rights() {
    let two = Two::new().await;
    let naive = two.raw("postgres").await;
    naive
        .run("BEGIN; SET LOCAL ROLE tenants_app; SET LOCAL tenants.tenant = 'acme'")
        .await
        .unwrap();
    assert_eq!(naive.tenants_seen().await, Ok(vec!["acme".into()]));
    naive.run("COMMIT").await.unwrap();
    let everybody = Ok(vec!["acme".to_owned(), "globex".to_owned()]);
    assert_eq!(naive.tenants_seen().await, everybody, "a stray COMMIT shows all tenants");

    let stock = two.stock_pool();
    let pool = two.pool_over(&stock).await;
    for stray in ["COMMIT", "ROLLBACK", "RESET ROLE", "SET ROLE NONE"] {
        let mut read = None;
        let lost = pool
            .transaction(&two.acme, async |conn| {
                conn.unchecked_batch_execute(stray).await?;
                read = Some(state_of_a_read(conn).await);
                Ok::<_, DieselError>(())
            })
            .await;
        assert_eq!(read.as_deref(), Some(REFUSED), "after {stray}");
        let lost = lost.unwrap_err();
        assert_eq!(ScopeError::of(&lost), Some(ScopeError::ScopeLost), "{stray}: {lost}");
    }
    let mut conn = pool.get(&two.acme).await.unwrap();
    let scoped = pid(&mut conn).await;
    drop(conn);
    let mut parked = stock.get().await.unwrap();
    assert_eq!(pid(&mut parked).await, scoped);
    assert_eq!(role(&mut parked).await, "app_login");
    assert_eq!(state_of_a_read(&mut parked).await, REFUSED);
}

diesel::define_sql_function! {
    fn set_config(name: diesel::sql_types::Text, value: diesel::sql_types::Text, is_local: diesel::sql_types::Bool) -> diesel::sql_types::Text;
}

/// As a function or trigger of the application may, inside of a query of Diesel's own types.
async fn set_for_the_session(conn: &mut TenantConnection) -> QueryResult<()> {
    for (name, value) in
        [("role", "tenants_app"), ("tenants.tenant", "acme"), ("statement_timeout", "1h")]
    {
        let set = diesel::select(set_config(name, value, false)).get_result::<String>(conn).await?;
        assert_eq!(set, value);
    }
    Ok(())
}

#[tokio::test]
async fn rule_05_what_a_function_set_for_the_session_ends_with_the_scope() {
    let two = Two::new().await;
    let stock = two.stock_pool();
    let pool = two.pool_over(&stock).await;
    for is_read in [false, true] {
        if is_read {
            pool.read(&two.acme, async |conn| set_for_the_session(conn).await).await.unwrap();
        } else {
            let set = pool.transaction(&two.acme, async |conn| set_for_the_session(conn).await);
            set.await.unwrap();
        }
        // Nothing of ours was sent since.
        let mut parked = stock.get().await.unwrap();
        assert_eq!(role(&mut parked).await, "app_login", "read: {is_read}");
        assert_eq!(state_of_a_read(&mut parked).await, REFUSED, "read: {is_read}");
    }
}

/// The SQLSTATE of reading posts in the scope of a connection.
async fn state_of_a_read<C>(conn: &mut C) -> String
where
    C: AsyncConnection<Backend = Pg>,
{
    diesel::select(sqlstate("SELECT FROM posts")).get_result(conn).await.unwrap()
}
