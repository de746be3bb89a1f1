//! However a transaction ends, its server connection belongs to nobody afterwards.

use std::time::Duration;

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_diesel::sync::TenantPool;
use tenants_diesel::{Pooler, TenantId};

use super::bouncer::Statements;
use super::{Behind, assert_unscoped, blocking, tenants_seen, with_both};
use crate::two;

/// Statements that end a transaction by an error: of the statement, by a timeout, by the end of the server's
/// process.
const FAILING: [&[&str]; 4] = [
    &["SELECT 1 / 0"],
    &["SET LOCAL statement_timeout = 50", "SELECT pg_sleep(60)"],
    &["SET work_mem = '1MB'", "SELECT pg_terminate_backend(pg_backend_pid())"],
    &["SET tenants.tenant = 'globex'", "SELECT 1 / 0"],
];

with_both! {
    rule11_no_end_of_a_transaction_leaves_its_scope
}

async fn rule11_no_end_of_a_transaction_leaves_its_scope(statements: Statements) {
    let mut behind = Behind::new(statements).await;
    for failing in FAILING {
        (behind, ()) = blocking(behind, move |behind| fail(behind, failing)).await;
        assert_unscoped(&behind).await;
    }
}

fn fail(behind: &Behind, failing: &[&str]) {
    let pool = behind.builder().max_size(1).pooler(Pooler::Transaction).build().unwrap();
    let run = |conn: &mut tenants_diesel::sync::TenantConnection| -> QueryResult<()> {
        assert_eq!(tenants_seen(conn)?, ["acme"]);
        failing.iter().try_for_each(|sql| diesel::sql_query(*sql).execute(conn).map(drop))
    };
    pool.transaction(&behind.two.acme, run).unwrap_err();
    pool.read(&behind.two.acme, run).unwrap_err();
    // Swallowed, the error ends the transaction all the same.
    let swallowed = pool.transaction(&behind.two.acme, |conn| {
        run(conn).unwrap_err();
        Ok::<_, DieselError>(())
    });
    swallowed.unwrap_err();
    ensure_own(&pool, [&behind.two.acme, &behind.two.globex]);
}

fn ensure_own(pool: &TenantPool, tenants: [&TenantId; 2]) {
    for tenant in tenants {
        assert_eq!(pool.read(tenant, tenants_seen).unwrap(), [tenant.as_str()]);
    }
}

async fn ensure_own_async(pool: &tenants_diesel::TenantPool, behind: &Behind) {
    for tenant in [&behind.two.globex, &behind.two.acme] {
        let seen = pool.read(tenant, async |conn| two::tenants_seen(conn).await);
        assert_eq!(seen.await.unwrap(), [tenant.as_str()]);
    }
    assert_unscoped(behind).await;
}

#[tokio::test]
async fn rule11_no_end_of_an_async_transaction_leaves_its_scope() {
    let behind = Behind::new(Statements::Carried).await;
    let pool = behind.async_builder().max_size(1).build().await.unwrap();
    for failing in FAILING {
        let run = async |conn: &mut tenants_diesel::TenantConnection| -> QueryResult<()> {
            assert_eq!(two::tenants_seen(conn).await?, ["acme"]);
            for sql in failing {
                diesel_async::RunQueryDsl::execute(diesel::sql_query(*sql), conn).await?;
            }
            Ok(())
        };
        let acme = &behind.two.acme;
        pool.transaction(acme, async |conn| run(conn).await).await.unwrap_err();
        pool.read(acme, async |conn| run(conn).await).await.unwrap_err();
        ensure_own_async(&pool, &behind).await;
    }
}

/// A future that is dropped while its statement runs, and one that is dropped between two.
#[tokio::test]
async fn rule11_a_dropped_future_leaves_no_scope_behind() {
    let behind = Behind::new(Statements::Carried).await;
    let pool = behind.async_builder().max_size(1).build().await.unwrap();
    for sleeps_on_server in [true, false] {
        let dropped = pool.transaction(&behind.two.acme, async |conn| {
            let seen = two::tenants_seen(conn).await?;
            assert_eq!(seen, ["acme"]);
            if sleeps_on_server {
                let sleep = diesel::sql_query("SELECT pg_sleep(60)");
                diesel_async::RunQueryDsl::execute(sleep, conn).await?;
            }
            std::future::pending::<()>().await;
            Ok::<_, DieselError>(())
        });
        let limit = Duration::from_millis(500);
        assert!(tokio::time::timeout(limit, dropped).await.is_err(), "it ended by itself");
        // With one connection to the server: it is free again long before the minute is over.
        let freed = tokio::time::timeout(Duration::from_secs(20), ensure_own_async(&pool, &behind));
        freed.await.expect("the statement was cancelled");
    }
}

/// A program that ends in the middle of a transaction, with its runtime and all of its connections.
#[tokio::test]
async fn rule11_a_killed_client_leaves_no_scope_behind() {
    let behind = Behind::new(Statements::Carried).await;
    let (builder, acme) = (behind.async_builder(), behind.two.acme.clone());
    let killed = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let seen = runtime.block_on(async {
            let pool = builder.max_size(1).build().await.unwrap();
            let (told, hears) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let transaction = pool.transaction(&acme, async |conn| {
                    let _ = told.send(two::tenants_seen(conn).await?);
                    std::future::pending::<()>().await;
                    Ok::<_, DieselError>(())
                });
                transaction.await
            });
            hears.await.unwrap()
        });
        runtime.shutdown_background();
        seen
    });
    let seen = tokio::task::spawn_blocking(|| killed.join().unwrap()).await.unwrap();
    assert_eq!(seen, ["acme"]);
    let pool = behind.async_builder().max_size(1).build().await.unwrap();
    ensure_own_async(&pool, &behind).await;
}
