//! Rule 11, with a real PgBouncer in transaction mode.

mod bouncer;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_diesel::sync::{TenantConnection, TenantPool, TenantPoolBuilder};
use tenants_diesel::{BuildError, CheckoutError, Pooler, TenantId};
use tenants_tests::schema::{NewPost, posts, text_registry};

use crate::raw::Raw;
use crate::two::{self, Two, pg_backend_pid};
use bouncer::Bouncer;

const SCOPE_OF_ACME: &str = "SET ROLE tenants_app; SET tenants.tenant = 'acme'";
const SCOPE_OF_GLOBEX: &str = "SET ROLE tenants_app; SET tenants.tenant = 'globex'";
const THREADS: usize = 4;
const OPERATIONS: usize = 50;

/// Two tenants behind a pooler.
struct Behind {
    two: Two,
    bouncer: Bouncer,
}

impl Behind {
    async fn new() -> Self {
        Self::with_server_connections(1).await
    }

    async fn with_server_connections(size: usize) -> Self {
        let two = Two::new().await;
        let bouncer = tokio::task::spawn_blocking(move || Bouncer::start(size)).await.unwrap();
        Self { two, bouncer }
    }

    fn url(&self, login: &str) -> String {
        self.bouncer.url(&self.two.db, login)
    }

    /// A client of the pooler without this library.
    async fn raw(&self) -> Raw {
        Raw::connect(&self.url("app_login")).await
    }

    fn builder(&self) -> TenantPoolBuilder {
        TenantPool::builder(self.url("app_login"))
            .admin_url(self.url("admin_login"))
            .registry(text_registry())
    }

    fn async_builder(&self) -> tenants_diesel::TenantPoolBuilder {
        tenants_diesel::TenantPool::builder(self.url("app_login"))
            .admin_url(self.url("admin_login"))
            .registry(text_registry())
            .pooler(Pooler::Transaction)
    }
}

/// Runs what blocks, and gives back what it worked with.
async fn blocking<R>(behind: Behind, test: fn(&Behind) -> R) -> (Behind, R)
where
    R: Send + 'static,
{
    let run = move || {
        let result = test(&behind);
        (behind, result)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Nothing else is found behind it, but that it is there, unless it was told.
#[tokio::test]
async fn the_doctor_finds_a_pooler_that_was_not_told() {
    let behind = Behind::with_server_connections(2).await;
    let (behind, found) = blocking(behind, |behind| {
        [Pooler::None, Pooler::Transaction].map(|pooler| {
            let pool = behind.builder().pooler(pooler).build().unwrap();
            let report = pool.doctor().unwrap();
            assert_eq!(report.unrun, []);
            report.findings.iter().any(|finding| finding.lint.id == "T605")
        })
    })
    .await;
    assert_eq!(found, [true, false]);
    let direct = TenantPool::builder(behind.two.db.url("app_login")).registry(text_registry());
    let examine = move || direct.build().unwrap().doctor().unwrap();
    let report = tokio::task::spawn_blocking(examine).await.unwrap();
    assert!(report.findings.iter().all(|finding| finding.lint.id != "T605"), "{report}");
}

#[tokio::test]
async fn rule11_session_scope_leaks_through_a_transaction_pooler() {
    let behind = Behind::new().await;
    let (one, other) = (behind.raw().await, behind.raw().await);
    assert_eq!(other.tenants_seen().await, Err("42501".to_owned()));

    one.run(SCOPE_OF_ACME).await.unwrap();
    assert_eq!(other.tenants_seen().await.unwrap(), ["acme"]);
    assert_eq!(behind.raw().await.tenants_seen().await.unwrap(), ["acme"]);
    // Who asked for a tenant gets another one's rows.
    other.run(SCOPE_OF_GLOBEX).await.unwrap();
    assert_eq!(one.tenants_seen().await.unwrap(), ["globex"]);
}

#[tokio::test]
async fn rule11_no_session_scope_is_handed_out() {
    let behind = Behind::new().await;
    let stranger = behind.raw().await;
    // What the setting prevents.
    let (behind, scoped) = blocking(behind, |behind| {
        let unaware = behind.builder().build().unwrap();
        let mut scoped = unaware.get(&behind.two.acme).unwrap();
        assert_eq!(tenants_seen(&mut scoped).unwrap(), ["acme"]);
        scoped
    })
    .await;
    assert_eq!(stranger.tenants_seen().await.unwrap(), ["acme"]);
    tokio::task::spawn_blocking(|| drop(scoped)).await.unwrap();

    let (behind, ()) = blocking(behind, |behind| {
        let pool = behind.builder().pooler(Pooler::Transaction).build().unwrap();
        assert_session_refused(&pool.get(&behind.two.acme).unwrap_err());
        assert_session_refused(&pool.admin("a report").unwrap_err());
    })
    .await;
    let pool = behind.async_builder().build().await.unwrap();
    assert_session_refused(&pool.get(&behind.two.acme).await.unwrap_err());
    assert_session_refused(&pool.admin("a report").await.unwrap_err());
    assert_unscoped(&behind).await;
}

fn assert_session_refused(refused: &CheckoutError) {
    assert!(matches!(refused, CheckoutError::SessionBehindPooler), "{refused:?}");
    assert!(refused.to_string().contains("use `transaction`"), "{refused}");
}

#[tokio::test]
async fn rule11_transactions_share_one_server_connection_and_no_rows() {
    let behind = Behind::new().await;
    let (behind, ()) = blocking(behind, stock_connections_swap_tenants).await;
    let (behind, processes) = blocking(behind, |behind| {
        let pool = behind.builder().max_size(THREADS).pooler(Pooler::Transaction).build().unwrap();
        let processes = Mutex::default();
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (pool, processes) = (&pool, &processes);
                scope.spawn(move || alternate(behind, pool, thread, processes));
            }
        });
        processes.into_inner().unwrap()
    })
    .await;
    assert_eq!(processes.len(), 1, "all of them had the same server connection");
    assert_eq!(behind.two.all_posts().await, expected_posts());
    assert_unscoped(&behind).await;
}

/// Of 25 rounds with both tenants each third one keeps what it writes.
fn expected_posts() -> [(String, i64); 2] {
    let kept = i64::try_from(THREADS * 9).unwrap();
    [("acme".to_owned(), 2 + kept), ("globex".to_owned(), 1 + kept)]
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

/// Whose posts a connection sees, without a filter.
fn tenants_seen<C>(conn: &mut C) -> QueryResult<Vec<String>>
where
    C: LoadConnection<Backend = Pg>,
{
    posts::table.select(posts::tenant).distinct().order(posts::tenant).load(conn)
}

/// Fails unless the pooler's server connection belongs to nobody.
async fn assert_unscoped(behind: &Behind) {
    let stranger = behind.raw().await;
    assert_eq!(stranger.tenants_seen().await, Err("42501".to_owned()));
    let setting = "SELECT current_setting('tenants.tenant', true)";
    assert_eq!(stranger.row(setting).await, "");
    assert_eq!(stranger.row("SELECT current_user").await, "app_login");
}

#[tokio::test]
async fn rule11_a_powerful_login_is_refused() {
    let behind = Behind::new().await;
    // The role that such a login starts as is lost on the way.
    let as_app = format!("{}?options=-c%20role%3Dtenants_app", behind.url("postgres"));
    assert_eq!(Raw::connect(&as_app).await.tenants_seen().await.unwrap(), ["acme", "globex"]);

    let powerful = behind.two.db.builder().allow_powerful_login();
    let refused = powerful.pooler(Pooler::Transaction).build().await.unwrap_err();
    assert!(matches!(refused, BuildError::PowerfulBehindPooler), "{refused:?}");
    blocking(behind, |behind| {
        let powerful = || TenantPool::builder(behind.url("postgres")).allow_powerful_login();
        let refused = powerful().pooler(Pooler::Transaction).build().unwrap_err();
        assert!(matches!(refused, BuildError::PowerfulBehindPooler), "{refused:?}");
        // Also if the pooler is not told of.
        let refused = powerful().registry(text_registry()).build().unwrap_err();
        assert!(matches!(refused, BuildError::Login(_)), "{refused:?}");
    })
    .await;
}

/// Where diesel-async goes through one server connection, as here, each statement finds itself: it
/// prepares all of them under names, and each name is given once in a process.
#[tokio::test]
async fn rule11_async_transactions_share_one_server_connection_and_no_rows() {
    let behind = Behind::new().await;
    let pool = behind.async_builder().max_size(THREADS).build().await.unwrap();
    let tasks = (0..THREADS).map(|task| {
        let tenants = [behind.two.acme.clone(), behind.two.globex.clone()];
        tokio::spawn(alternate_async(pool.clone(), tenants, task))
    });
    let mut processes = BTreeSet::new();
    for task in tasks.collect::<Vec<_>>() {
        processes.extend(task.await.unwrap());
    }
    assert_eq!(processes.len(), 1, "all of them had the same server connection");
    assert_eq!(behind.two.all_posts().await, expected_posts());
    assert_unscoped(&behind).await;
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

/// With several server connections a PgBouncer below 1.21, which knows nothing of prepared
/// statements, sends diesel-async's to a server connection that never heard of them. Then they fail.
#[tokio::test]
async fn rule11_async_statements_that_change_server_connections_show_no_other_rows() {
    let behind = Behind::with_server_connections(2).await;
    let pool = behind.async_builder().max_size(1).build().await.unwrap();
    // Not `read`, which returns while the pooler's connection may still be busy with its COMMIT.
    let seen = async |tenant: &TenantId| {
        let transaction = pool.transaction(tenant, async |conn| {
            Ok::<_, DieselError>((two::tenants_seen(conn).await?, two::try_pid(conn).await?))
        });
        transaction.await
    };
    let (rows, before) = seen(&behind.two.acme).await.unwrap();
    assert_eq!(rows, ["acme"]);

    let other = behind.raw().await;
    other.run("BEGIN").await.unwrap();
    assert_eq!(other.row("SELECT pg_backend_pid()").await, before.to_string());
    match seen(&behind.two.globex).await {
        Ok((rows, after)) => {
            assert_eq!(rows, ["globex"]);
            assert_ne!(after, before);
        }
        Err(error) => {
            assert!(error.to_string().contains("prepared statement"), "{error}")
        }
    }
    // The one of them, and the other.
    assert_unscoped(&behind).await;
    other.run("COMMIT").await.unwrap();
    assert_unscoped(&behind).await;
}
