//! Many tasks, many tenants and few connections, while servers, networks and callers give up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AsyncConnection, RunQueryDsl};
use tenants_diesel::{Isolation, TenantConnection, TenantId, TenantPool};
use tenants_tests::schema::{Post, text_registry};
use tenants_tests::{Database, SUPERUSER, unique_id};
use tokio::sync::Mutex;

use super::chance::Chance;
use super::rows::{Look, Rows, Step, Stop, Write, as_posts, is_conflict};
use crate::cancel::polled;
use crate::raw::Raw;
use crate::two::{tenant, try_pid};
use crate::wire::{Fault, Gate};

const TASKS: u64 = 64;
const TENANTS: u64 = 50;
const CONNECTIONS: usize = 8;
/// Operations of each task; the time it takes grows with it.
const OPERATIONS: usize = 30;

/// What takes longer never ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// `SOAK_SEED` repeats what a seed decided; how tasks take turns it does not decide.
fn seed() -> u64 {
    let given = std::env::var("SOAK_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or(20_261_127)
}

struct Soak {
    seed: u64,
    database: Database,
    gate: Gate,
    pool: TenantPool,
    superuser: Raw,
    tenants: Vec<(TenantId, Mutex<Rows>)>,
    ends: Ends,
}

/// How many operations were done, refused and given up.
#[derive(Default)]
struct Ends {
    done: AtomicUsize,
    refused: AtomicUsize,
    dropped: AtomicUsize,
}

/// Where the statements of one operation run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Get,
    GetTransaction,
    Transaction,
    Rollback,
    Read,
}

const CALLS: [Call; 5] =
    [Call::Get, Call::GetTransaction, Call::Transaction, Call::Rollback, Call::Read];

/// What one operation does, on the rows that are there and for those that it expects.
#[derive(Debug)]
struct Operation {
    call: Call,
    /// Raw statements that leave something on the session.
    leaves: &'static str,
    /// By itself, outside of a transaction.
    write: Option<Write>,
    /// In a transaction.
    steps: Vec<Step>,
    look: Look,
    /// After how many polls nobody waits any more.
    polls: Option<usize>,
}

const LEAVES: [&str; 8] = [
    "SELECT 1",
    "LISTEN kept",
    "SET app.audited = 'somebody'",
    "SELECT set_config('role', current_user, false)",
    "SELECT set_config('tenants.tenant', current_setting('tenants.tenant', true), false)",
    "SELECT pg_try_advisory_lock(1)",
    "SET statement_timeout = 1",
    "PREPARE kept AS SELECT 1",
];

impl Operation {
    fn random(chance: &mut Chance) -> Self {
        let call = chance.one_of(&CALLS);
        let in_transaction = !matches!(call, Call::Get | Call::Read);
        let writes = if in_transaction { chance.below(4) } else { 0 };
        Self {
            call,
            leaves: if chance.once_in(8) { chance.one_of(&LEAVES) } else { LEAVES[0] },
            write: (call == Call::Get && !chance.once_in(4)).then(|| Write::random(chance)),
            steps: (0..writes).map(|_| Step::random(chance)).collect(),
            look: chance.one_of(&Look::ALL),
            polls: chance.once_in(6).then(|| 1 + usize::try_from(chance.below(14)).unwrap()),
        }
    }

    /// The rows that are there for its last look.
    fn expected(&self, before: &Rows) -> Rows {
        let mut after = before.clone();
        self.write.as_ref().map(|write| write.apply(&mut after));
        self.steps.iter().for_each(|step| step.apply(&mut after));
        after
    }

    async fn run(
        &self,
        pool: &TenantPool,
        tenant: &TenantId,
        before: &Rows,
        process: &AtomicI32,
    ) -> Result<(), Stop> {
        let work = async |conn: &mut TenantConnection| -> Result<(), Stop> {
            process.store(try_pid(conn).await?, Ordering::Relaxed);
            diesel::sql_query(self.leaves).execute(conn).await?;
            let after = self.expected(before);
            if let Some(write) = &self.write {
                write_alone(write, conn, before).await?;
            }
            for step in &self.steps {
                step.run(conn).await?;
            }
            self.look.run(conn, tenant.as_str(), &after).await
        };
        match self.call {
            Call::Get => work(&mut pool.get(tenant).await.map_err(DieselError::from)?).await,
            Call::GetTransaction => {
                let mut conn = pool.get(tenant).await.map_err(DieselError::from)?;
                conn.transaction(async |conn| work(conn).await).await
            }
            Call::Transaction => pool.transaction(tenant, async |conn| work(conn).await).await,
            Call::Rollback => {
                let rolled_back = pool.transaction(tenant, async |conn| {
                    work(conn).await?;
                    Err::<(), Stop>(DieselError::RollbackTransaction.into())
                });
                match rolled_back.await {
                    Err(Stop::Refused(DieselError::RollbackTransaction)) => Ok(()),
                    other => other,
                }
            }
            Call::Read => pool.read(tenant, async |conn| work(conn).await).await,
        }
    }
}

/// Sees, too, how many rows it was that a statement changed.
async fn write_alone(
    write: &Write,
    conn: &mut TenantConnection,
    before: &Rows,
) -> Result<(), Stop> {
    let written: QueryResult<usize> = write.run(conn).await;
    match (written, write.apply(&mut before.clone())) {
        (Ok(written), Some(expected)) if written == expected => Ok(()),
        (Err(error), None) if is_conflict(&error) => Ok(()),
        (Err(error), _) if !is_conflict(&error) => Err(error.into()),
        (written, expected) => {
            Err(Stop::Different(format!("{write:?} wrote {written:?}, not {expected:?}")))
        }
    }
}

impl Soak {
    async fn new(isolation: Isolation) -> Self {
        let database = Database::isolated_by(isolation).await;
        let gate = Gate::before(&database.url("app_login")).await;
        let pool = TenantPool::builder(gate.url()).isolation(isolation).registry(text_registry());
        let pool = pool.max_size(CONNECTIONS).build().await.unwrap();
        let (prefix, mut tenants) = (unique_id(), Vec::new());
        let maker = database.pool().await;
        for number in 0..TENANTS {
            // Each is the beginning of others' ids.
            let id = tenant(&format!("{prefix}{number}"));
            maker.create_tenant(&id).await.unwrap();
            tenants.push((id, Mutex::default()));
        }
        let superuser = Raw::connect(&database.url(SUPERUSER)).await;
        Self { seed: seed(), database, gate, pool, superuser, tenants, ends: Ends::default() }
    }

    /// Lets all tasks do their operations; the first difference that one of them finds.
    async fn run(self: &Arc<Self>, operations: usize) -> Result<(), String> {
        let task = |number| {
            let soak = Arc::clone(self);
            let mut chance = Chance::new(soak.seed ^ (number << 32));
            tokio::spawn(async move {
                for turn in 0..operations {
                    soak.fail(&mut chance).await;
                    let found = soak.operate(&mut chance).await;
                    found.map_err(|found| {
                        format!("{found}; task {number}, turn {turn}, SOAK_SEED={}", soak.seed)
                    })?;
                }
                Ok(())
            })
        };
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        let mut found = Ok(());
        for task in tasks {
            found = found.and(task.await.unwrap());
        }
        self.gate.disarm();
        found.and(self.compare().await)
    }

    /// Does to the next request of somebody, or to all connections, what a fault does.
    async fn fail(&self, chance: &mut Chance) {
        match chance.below(100) {
            0..=2 => {
                let at = 1 + usize::try_from(chance.below(9)).unwrap();
                self.gate.arm(at, chance.one_of(&Fault::TOLD));
            }
            3 => self.gate.cut(),
            4 => {
                let sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = 'app_login' ORDER BY pid LIMIT 1";
                self.superuser.rows(sessions).await.unwrap();
            }
            _ => {}
        }
    }

    /// One operation of one tenant, whose operations follow one another.
    async fn operate(&self, chance: &mut Chance) -> Result<(), String> {
        let number = usize::try_from(chance.below(TENANTS)).unwrap();
        let operation = Operation::random(chance);
        let (tenant, rows) = &self.tenants[number];
        let mut rows = rows.lock().await;
        let process = AtomicI32::new(0);
        let call = operation.run(&self.pool, tenant, &rows, &process);
        let call = polled(operation.polls.unwrap_or(usize::MAX), call);
        let outcome = tokio::time::timeout(PATIENCE, call).await;
        let outcome = outcome.map_err(|_| format!("{tenant}: nothing ends {operation:?}"))?;
        let mut after = operation.expected(&rows);
        if operation.call == Call::Rollback {
            after = rows.clone();
        }
        let report = |found: String| format!("{tenant}: {found} by {operation:?}");
        let end = match outcome {
            Some(Ok(())) => &self.ends.done,
            Some(Err(_)) => &self.ends.refused,
            None => &self.ends.dropped,
        };
        end.fetch_add(1, Ordering::Relaxed);
        match outcome {
            Some(Ok(())) => *rows = after,
            Some(Err(Stop::Different(found))) => return Err(report(found)),
            // Not known: done or not, and nothing else.
            Some(Err(Stop::Refused(_))) | None => {
                let is_over = outcome.as_ref().is_some_and(|outcome| !is_cut(outcome));
                self.until_over(process.into_inner(), is_over).await;
                let found = self.stored(tenant).await;
                let old_or_new = [&*rows, &after].map(as_lines);
                if !old_or_new.contains(&found) {
                    return Err(report(format!("{outcome:?} left {found:?}, not {old_or_new:?}")));
                }
                if found != old_or_new[0] {
                    *rows = after;
                }
            }
        }
        Ok(())
    }

    /// Waits until a session is gone, or at rest if its last statement was answered.
    async fn until_over(&self, process: i32, or_idle: bool) {
        let idle = if or_idle { " AND state <> 'idle'" } else { "" };
        let session = format!("SELECT pid FROM pg_stat_activity WHERE pid = {process}{idle}");
        let deadline = Instant::now() + PATIENCE;
        while !self.superuser.rows(&session).await.unwrap().is_empty() {
            assert!(Instant::now() < deadline, "an abandoned session goes on, {}", self.seed);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// What a superuser finds of a tenant.
    async fn stored(&self, tenant: &TenantId) -> Vec<String> {
        let rows = format!(
            "SELECT id || ':' || title FROM posts WHERE tenant = {} ORDER BY id",
            tenant.literal()
        );
        self.superuser.rows(&rows).await.unwrap()
    }

    /// Compares each row of each tenant, as stored and as seen, on all connections at once.
    async fn compare(&self) -> Result<(), String> {
        let mut expected: BTreeMap<String, Vec<Post>> = BTreeMap::new();
        for (tenant, rows) in &self.tenants {
            expected.insert(tenant.to_string(), as_posts(tenant.as_str(), &*rows.lock().await));
        }
        let stored = self.database.posts().await;
        let all: Vec<Post> = expected.values().flatten().cloned().collect();
        if sorted(stored.clone()) != sorted(all.clone()) {
            return Err(format!("stored is {stored:?}, not {all:?}"));
        }
        let mut conns = Vec::new();
        for (tenant, rows) in &self.tenants {
            conns.truncate(CONNECTIONS - 1);
            // Connections that were cut while they were idle are found out one by one.
            let mut seen = Ok(());
            for _ in 0..=CONNECTIONS {
                let mut conn = self.pool.get(tenant).await.map_err(|error| error.to_string())?;
                seen = Look::All.run(&mut conn, tenant.as_str(), &*rows.lock().await).await;
                if let Ok(()) = seen {
                    conns.push(conn);
                    break;
                }
            }
            seen.map_err(|found| format!("{tenant} in the end: {found:?}"))?;
        }
        let status = self.pool.status();
        assert_eq!((status.size, status.available), (CONNECTIONS, 0), "none is lost");
        Ok(())
    }
}

fn sorted(mut posts: Vec<Post>) -> Vec<Post> {
    posts.sort_by(|a, b| (&a.tenant, a.id).cmp(&(&b.tenant, b.id)));
    posts
}

fn as_lines(rows: &Rows) -> Vec<String> {
    rows.iter().map(|(id, title)| format!("{id}:{title}")).collect()
}

/// Whether the end of a connection was all that the caller heard.
fn is_cut(outcome: &Result<(), Stop>) -> bool {
    matches!(
        outcome,
        Err(Stop::Refused(DieselError::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
            _
        )))
    )
}

async fn soak(isolation: Isolation) {
    let soak = Arc::new(Soak::new(isolation).await);
    if let Err(found) = soak.run(OPERATIONS).await {
        panic!("{found}");
    }
    let Ends { done, refused, dropped } = &soak.ends;
    let [done, refused, dropped] = [done, refused, dropped].map(|n| n.load(Ordering::Relaxed));
    // Most of it works, and all that can go wrong does.
    assert!(done > refused + dropped && refused > 20 && dropped > 20, "{done} {refused} {dropped}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tenant_has_a_row_that_it_did_not_write_with_a_shared_role() {
    soak(Isolation::SharedRole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tenant_has_a_row_that_it_did_not_write_with_a_role_for_each() {
    soak(Isolation::RolePerTenant).await;
}

/// What the soak cannot find without protection, it does not show with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seeded_defect_is_found() {
    for defect in [
        "ALTER TABLE posts DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
        // As if scopes were set to another tenant from time to time.
        "CREATE OR REPLACE FUNCTION tenants.current_tenant() RETURNS text LANGUAGE sql VOLATILE
             AS 'SELECT CASE WHEN random() < 0.01 THEN ''other'' \
                 ELSE NULLIF(current_setting(''tenants.tenant'', true), '''') END'",
    ] {
        let soak = Arc::new(Soak::new(Isolation::SharedRole).await);
        soak.database.run("owner", defect).await;
        let found = soak.run(OPERATIONS).await;
        assert!(found.is_err(), "{defect}");
    }
}
