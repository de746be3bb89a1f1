//! Our tenant store and that of fastapi-tenancy, on one server. Prints Markdown.
//!
//! Run with `cargo bench --bench store`; a number behind `--` is the seconds of one turn. It needs `python3` with `venv`
//! and `pip`, which fetches fastapi-tenancy into an environment below the target directory.

mod ours;
mod theirs;
mod turn;

use std::time::Duration;

use diesel::sql_types::Text;
use diesel_async::pooled_connection::AsyncDieselConnectionManager as Manager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tenants_benches::Cores;
use tenants_diesel::store::{
    CachedStore, Cursor, DatabaseStore, Filter, Limit, ListQuery, TenantStatus, TenantStore,
};
use tenants_tests::Database;
use tokio::runtime::Builder;

use theirs::Theirs;
use turn::{Measured, POOL, TENANTS, Turn, Work, id};

const ROUNDS: u32 = 5;
const SECONDS: f64 = 1.0;
/// How many records are ahead of a page far behind.
const FAR: u32 = 50_000;

/// What is compared: the work, what the table calls it, and how many do it at once.
const ROWS: [(Work, &str, usize); 14] = [
    (Work::Get, "get", 1),
    (Work::Get, "get", 8),
    (Work::Get, "get", 64),
    (Work::Cached, "get, from memory", 1),
    (Work::List, "list, first page", 1),
    (Work::List, "list, first page", 8),
    (Work::List, "list, first page", 64),
    (Work::List, PAGE_FAR, 1),
    (Work::Search, "search for the beginning of slugs", 1),
    (Work::Count, "count of one status", 1),
    (Work::Merge, "merge into one tenant", 1),
    (Work::Merge, "merge into one tenant", 8),
    (Work::Merge, "merge into one tenant", 64),
    (Work::Merge, MERGE_EACH, 64),
];
const PAGE_FAR: &str = "list, page 500";
const MERGE_EACH: &str = "merge, each caller into another tenant";

fn main() {
    let seconds = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(SECONDS);
    // Each side is one process that works on one thread.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (our_database, their_database) =
        runtime.block_on(async { (Database::new().await, Database::new().await) });
    Cores::Apart.take();
    let mut theirs = Theirs::start(&their_database.url("owner"));
    let version = runtime.block_on(fill(&our_database, &their_database));
    let manager = Manager::<AsyncPgConnection>::new(our_database.url("provisioner"));
    let pool = Pool::builder(manager).max_size(POOL).build().expect("a pool");
    let store = DatabaseStore::new(pool);
    let cached = CachedStore::new(store.clone());
    let far = runtime.block_on(far(&store));

    let mut rows: Vec<[Measured; 2]> = ROWS.iter().map(|_| Default::default()).collect();
    for round in 0..=ROUNDS {
        for ((work, what, callers), sums) in ROWS.into_iter().zip(&mut rows) {
            // The first round connects, and fills the caches of statements and plans.
            let length = Duration::from_secs_f64(if round == 0 { 0.2 } else { seconds });
            let turn = turn(round, work, what, callers, length);
            let behind = (what == PAGE_FAR).then_some(&far);
            let ours = |turn| match work {
                Work::Cached => runtime.block_on(ours::turn(&cached, turn, behind)),
                _ => runtime.block_on(ours::turn(&store, turn, behind)),
            };
            let measured = if round % 2 == 0 {
                let ours = ours(&turn);
                [ours, theirs.turn(&turn)]
            } else {
                let theirs = theirs.turn(&turn);
                [ours(&turn), theirs]
            };
            if round > 0 {
                sums.iter_mut().zip(measured).for_each(|(sum, one)| sum.extend(one));
            }
        }
    }
    println!(
        "PostgreSQL {version}, {}; tenants-diesel {}\n",
        theirs.versions,
        env!("CARGO_PKG_VERSION")
    );
    print(&mut rows);
}

fn turn(round: u32, work: Work, what: &str, callers: usize, length: Duration) -> Turn {
    let ids = match work {
        // One that nobody merged into before.
        Work::Merge if what == MERGE_EACH => {
            (0..64).map(|it| id(1_000 + round * 64 + it)).collect()
        }
        Work::Merge => vec![id(10 * (round + 1) + u32::try_from(callers).unwrap_or(0) % 10)],
        // As many as each side reads at the beginning of its turn, where nothing is kept for longer.
        Work::Cached => (1..=100).map(id).collect(),
        _ => (1..=5_000).map(|it| id(it * 7)).collect(),
    };
    let skip = if what == PAGE_FAR { FAR } else { 0 };
    Turn { work, callers, length, ids, skip, text: "acme-77" }
}

/// The same tenants for both. Returns the server's version.
async fn fill(ours: &Database, theirs: &Database) -> String {
    let numbers = format!("generate_series(1, {TENANTS}) AS n");
    let columns = "'00000000-0000-4000-8000-0000' || lpad(to_hex(n * 2654435761 % 4294967296), 8, '0'), 'acme-' || n,
        'Customer ' || n, CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END, '{\"plan\": \"gold\", \"seats\": 12}',
        timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second'";
    let insert = format!(
        "INSERT INTO tenants.tenant (id, slug, name, status, metadata, created_at)
        SELECT id, slug, name, status, metadata::jsonb, at
        FROM (SELECT {columns} FROM {numbers}) AS made (id, slug, name, status, metadata, at)"
    );
    ours.run("postgres", &insert).await;
    let insert = format!(
        "INSERT INTO tenants (id, identifier, name, status, tenant_metadata, created_at) SELECT {columns} FROM {numbers}"
    );
    theirs.run("owner", &insert).await;
    for database in [ours, theirs] {
        // Of its own: in a message with others it would be in a transaction.
        database.run("postgres", "VACUUM ANALYZE").await;
    }
    let version = diesel::dsl::sql::<Text>("current_setting('server_version')");
    let mut connection = ours.connect("owner").await;
    diesel::select(version).get_result(&mut connection).await.expect("the server answers")
}

/// The place that a caller would have come to page by page.
async fn far(store: &impl TenantStore) -> Cursor {
    let one = Limit::new(1).expect("a limit");
    let last = ListQuery::new(Filter::status(TenantStatus::Active)).limit(one);
    let page = store.list(&last.offset(u64::from(FAR) - 1)).await.expect("a page");
    page.next.expect("more behind it")
}

fn print(rows: &mut [[Measured; 2]]) {
    println!(
        "| | callers | calls a second | theirs | times | p99, ms | theirs | failed | theirs | lost | theirs |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for ((_, what, callers), [ours, theirs]) in ROWS.iter().zip(rows) {
        let (our_speed, their_speed) = (ours.per_second(), theirs.per_second());
        let (our_p99, their_p99) = (ours.p99_in_ms(), theirs.p99_in_ms());
        println!(
            "| {what} | {callers} | {our_speed:.0} | {their_speed:.0} | {:.1} | {our_p99:.1} | {their_p99:.1} | {} | {} | {} | {} |",
            our_speed / their_speed,
            ours.failed,
            theirs.failed,
            ours.lost,
            theirs.lost,
        );
    }
}
