//! Transactions of two tenants share server connections, and no rows.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_diesel::sync::{TenantConnection, TenantPool};
use tenants_diesel::{Pooler, TenantId};
use tenants_tests::schema::{NewPost, posts};

use super::bouncer::Statements;
use super::{
    Behind, SCOPE_OF_ACME, SCOPE_OF_GLOBEX, assert_unscoped, blocking, tenants_seen, with_both,
};
use crate::two::{self, pg_backend_pid};

const THREADS: usize = 4;
const OPERATIONS: usize = 50;

with_both! {
    rule11_transactions_share_one_server_connection_and_no_rows
    rule11_transactions_share_several_server_connections_and_no_rows
}

async fn rule11_transactions_share_one_server_connection_and_no_rows(statements: Statements) {
    let behind = Behind::new(statements).await;
    let (behind, ()) = blocking(behind, stock_connections_swap_tenants).await;
    share(behind, 1).await;
}

async fn rule11_transactions_share_several_server_connections_and_no_rows(statements: Statements) {
    let behind = Behind::with_server_connections(statements, 2).await;
    share(behind, 2).await;
}

/// Works from several threads at once, through all of the server's connections.
async fn share(behind: Behind, server_connections: usize) {
    let (behind, processes) = blocking(behind, move |behind| {
        let pool = behind.builder().max_size(THREADS).pooler(Pooler::Transaction).build().unwrap();
        let processes = Mutex::new(BTreeSet::new());
        let meeting = Barrier::new(server_connections);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (pool, processes, meeting) = (&pool, &processes, &meeting);
                scope.spawn(move || {
                    if thread < server_connections {
                        let process = meet(behind, pool, meeting);
                        processes.lock().unwrap().insert(process);
                    }
                    alternate(behind, pool, thread, processes);
                });
            }
        });
        processes.into_inner().unwrap()
    })
    .await;
    assert_eq!(processes.len(), server_connections);
    assert_eq!(behind.two.all_posts().await, expected_posts());
    assert_unscoped(&behind).await;
}

/// With diesel-async, which prepares every statement, of all tenants.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rule11_async_transactions_share_server_connections_and_no_rows() {
    for size in [1, 2] {
        let behind = Behind::with_server_connections(Statements::Carried, size).await;
        let pool = behind.async_builder().max_size(THREADS).build().await.unwrap();
        let meeting = Arc::new(tokio::sync::Barrier::new(size));
        let tasks = (0..THREADS).map(|task| {
            let tenants = [behind.two.acme.clone(), behind.two.globex.clone()];
            let (pool, meeting) = (pool.clone(), Arc::clone(&meeting));
            tokio::spawn(async move {
                let met = match task < size {
                    true => Some(meet_async(&pool, &tenants[0], &meeting).await),
                    false => None,
                };
                let mut processes = alternate_async(pool, tenants, task).await;
                processes.extend(met);
                processes
            })
        });
        let mut processes = BTreeSet::new();
        for task in tasks.collect::<Vec<_>>() {
            processes.extend(task.await.unwrap());
        }
        assert_eq!(processes.len(), size);
        assert_eq!(behind.two.all_posts().await, expected_posts());
        assert_unscoped(&behind).await;
    }
}

/// Of 25 rounds with both tenants each third one keeps what it writes.
fn expected_posts() -> [(String, i64); 2] {
    let kept = i64::try_from(THREADS * 9).unwrap();
    [("acme".to_owned(), 2 + kept), ("globex".to_owned(), 1 + kept)]
}

/// Holds a server connection until all of them are held.
fn meet(behind: &Behind, pool: &TenantPool, meeting: &Barrier) -> i32 {
    let process = pool.transaction(&behind.two.acme, |conn| {
        let process = diesel::select(pg_backend_pid()).get_result(conn);
        meeting.wait();
        process
    });
    process.unwrap()
}

fn stock_connections_swap_tenants(behind: &Behind) {
    let connect = || PgConnection::establish(&behind.url("app_login")).unwrap();
    let (mut one, mut other) = (connect(), connect());
    one.batch_execute(SCOPE_OF_ACME).unwrap();
    other.batch_execute(SCOPE_OF_GLOBEX).unwrap();
    assert_eq!(tenants_seen(&mut one).unwrap(), ["globex"]);
    other.batch_execute("RESET ROLE; RESET tenants.tenant").unwrap();
}

/// Works for both tenants in turn: commits, rolls back and reads.
fn alternate(behind: &Behind, pool: &TenantPool, thread: usize, processes: &Mutex<BTreeSet<i32>>) {
    for number in 0..OPERATIONS {
        let tenants = [&behind.two.acme, &behind.two.globex];
        let tenant = tenants[(thread + number) % 2];
        match number / 2 % 3 {
            0 => pool.transaction(tenant, |conn| write(conn, tenant)).unwrap(),
            1 => {
                let undone = pool.transaction(tenant, |conn| {
                    write(conn, tenant)?;
                    Err::<(), _>(DieselError::RollbackTransaction)
                });
                assert_eq!(undone, Err(DieselError::RollbackTransaction));
            }
            _ => {
                let process = pool.read(tenant, |conn| {
                    assert_eq!(tenants_seen(conn)?, [tenant.as_str()]);
                    diesel::select(pg_backend_pid()).get_result::<i32>(conn)
                });
                processes.lock().unwrap().insert(process.unwrap());
            }
        }
    }
}

fn write(conn: &mut TenantConnection, tenant: &TenantId) -> QueryResult<()> {
    diesel::insert_into(posts::table).values(&NewPost { title: "new" }).execute(conn)?;
    assert_eq!(tenants_seen(conn)?, [tenant.as_str()]);
    Ok(())
}

/// The same as [`meet`], for the async pool.
async fn meet_async(
    pool: &tenants_diesel::TenantPool,
    tenant: &TenantId,
    meeting: &tokio::sync::Barrier,
) -> i32 {
    let process = pool.transaction(tenant, async |conn| {
        let process = two::try_pid(conn).await;
        meeting.wait().await;
        process
    });
    process.await.unwrap()
}

/// The same as [`alternate`], for the async pool.
async fn alternate_async(
    pool: tenants_diesel::TenantPool,
    tenants: [TenantId; 2],
    task: usize,
) -> BTreeSet<i32> {
    let mut processes = BTreeSet::new();
    for number in 0..OPERATIONS {
        let tenant = &tenants[(task + number) % 2];
        match number / 2 % 3 {
            0 => pool
                .transaction(tenant, async |conn| write_async(conn, tenant).await)
                .await
                .unwrap(),
            1 => {
                let undone = pool.transaction(tenant, async |conn| {
                    write_async(conn, tenant).await?;
                    Err::<(), _>(DieselError::RollbackTransaction)
                });
                assert_eq!(undone.await, Err(DieselError::RollbackTransaction));
            }
            _ => {
                let process = pool.read(tenant, async |conn| {
                    assert_eq!(two::tenants_seen(conn).await?, [tenant.as_str()]);
                    two::try_pid(conn).await
                });
                processes.insert(process.await.unwrap());
            }
        }
    }
    processes
}

async fn write_async(
    conn: &mut tenants_diesel::TenantConnection,
    tenant: &TenantId,
) -> QueryResult<()> {
    let post = diesel::insert_into(posts::table).values(&NewPost { title: "new" });
    diesel_async::RunQueryDsl::execute(post, conn).await?;
    assert_eq!(two::tenants_seen(conn).await?, [tenant.as_str()]);
    Ok(())
}
