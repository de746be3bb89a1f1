//! What scoping costs, as ratios to a hand-written filter. Prints Markdown.
//!
//! Run with `cargo bench --bench ratios`.

use std::time::Duration;

use tenants_benches::{Comparison, Cores, Fixture, Plan, Relay, Request, Scoped, Stock, compare};
use tenants_diesel::{Admission, Isolation};
use tenants_tests::server;
use tokio::runtime::Builder;

/// Everything is compared this many times, on new connections: what disturbs this machine for some
/// seconds, or puts two processes on one core, then decides no row.
const SWEEPS: usize = 4;
const LOOPBACK: Plan = Plan { rounds: 16, block: 200 };
const NETWORK: Plan = Plan { rounds: 16, block: 5 };
const DELAY: Duration = Duration::from_micros(2_500);

fn main() {
    // One thread, so that no time goes to waking up another.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let shared = runtime.block_on(Fixture::new(Isolation::SharedRole));
    let per_role = runtime.block_on(Fixture::new(Isolation::RolePerTenant));
    let mut tables = [(Cores::Apart, Table::default()), (Cores::Shared, Table::default())];
    for _ in 0..SWEEPS {
        for (cores, table) in &mut tables {
            cores.take();
            runtime.block_on(loopback(&shared, &per_role, table));
            runtime.block_on(blocking::loopback(&shared, table));
        }
    }
    println!("PostgreSQL {}", runtime.block_on(shared.server_version()));
    for (cores, table) in &tables {
        println!("\n## Loopback, cores {cores:?}\n");
        table.print();
    }
    Cores::Apart.take();
    runtime.block_on(network(&shared));
}

/// Compares two methods of two contestants.
macro_rules! row {
    ($table:ident, $what:literal, $ours:ident.$verb:ident, $stock:literal, $theirs:ident.$stock_verb:ident) => {
        row!($table, $what, $ours.$verb, $stock, $theirs.$stock_verb, Request::nth)
    };
    ($table:ident, $what:literal, $ours:ident.$verb:ident, $stock:literal, $theirs:ident.$stock_verb:ident, $request:expr) => {
        let ours = async |request| $ours.$verb(request).await;
        let theirs = async |request| $theirs.$stock_verb(request).await;
        $table.add($what, $stock, compare(LOOPBACK, $request, ours, theirs).await);
    };
}

async fn loopback(shared: &Fixture, per_role: &Fixture, table: &mut Table) {
    let port = server().port();
    let stock = Stock::new(&shared.stock_url(port));
    let fast = Stock::fast(&shared.stock_url(port));

    let ours = Scoped::new(shared.scoped(Admission::Off, port)).await;
    row!(table, "`transaction`", ours.transaction, "`transaction`, Verified", stock.transaction);
    row!(table, "`transaction`", ours.transaction, "`transaction`, Fast", fast.transaction);
    row!(table, "`read`", ours.read, "`transaction`, Verified", stock.transaction);
    row!(table, "`read`", ours.read, "`transaction`, Fast", fast.transaction);
    row!(table, "`get`", ours.get, "`get`, Verified", stock.get);
    row!(table, "`get`", ours.get, "`get`, Fast", fast.get);

    let ours = Scoped::new(shared.scoped(Admission::Check, port)).await;
    row!(
        table,
        "`transaction`, admission",
        ours.transaction,
        "`transaction`, Fast",
        fast.transaction
    );
    row!(table, "`read`, admission", ours.read, "`transaction`, Fast", fast.transaction);
    row!(table, "`get`, admission", ours.get, "`get`, Verified", stock.get);

    let ours = Scoped::new(per_role.scoped(Admission::Off, port)).await;
    row!(
        table,
        "`transaction`, role per tenant",
        ours.transaction,
        "`transaction`, Fast",
        fast.transaction
    );
    row!(table, "`read`, role per tenant", ours.read, "`transaction`, Fast", fast.transaction);
    row!(table, "`get`, role per tenant", ours.get, "`get`, Verified", stock.get);
    let one = Request::of_one_tenant;
    row!(
        table,
        "`transaction`, role per tenant, one tenant",
        ours.transaction,
        "`transaction`, Fast",
        fast.transaction,
        one
    );
    row!(table, "`get`, role per tenant, one tenant", ours.get, "`get`, Verified", stock.get, one);
}

mod blocking {
    use tenants_benches::sync::{Scoped, Stock};

    use super::*;

    /// Nothing in here waits for the runtime; it only shares `compare`.
    pub(super) async fn loopback(shared: &Fixture, table: &mut Table) {
        let url = shared.stock_url(server().port());
        let (stock, fast) = (Stock::new(&url), Stock::fast(&url));
        let ours = Scoped::new(shared.scoped_sync(Admission::Off, server().port()));
        macro_rules! row {
            ($what:literal, $verb:ident, $stock:literal, $theirs:ident.$stock_verb:ident) => {
                let candidate = async |request| ours.$verb(request);
                let baseline = async |request| $theirs.$stock_verb(request);
                table.add(
                    $what,
                    $stock,
                    compare(LOOPBACK, Request::nth, candidate, baseline).await,
                );
            };
        }
        row!("sync `transaction`", transaction, "`transaction`, tested", stock.transaction);
        row!("sync `transaction`", transaction, "`transaction`, untested", fast.transaction);
        row!("sync `read`", read, "`transaction`, tested", stock.transaction);
        row!("sync `read`", read, "`transaction`, untested", fast.transaction);
        row!("sync `get`", get, "`get`, tested", stock.get);
        row!("sync `get`", get, "`get`, untested", fast.get);
    }
}

/// Behind a delay, where round trips are all that counts.
async fn network(shared: &Fixture) {
    let relay = Relay::start(server().port(), DELAY).expect("a free port");
    let stock = Stock::new(&shared.stock_url(relay.port()));
    let fast = Stock::fast(&shared.stock_url(relay.port()));
    let ours = Scoped::new(shared.scoped(Admission::Check, relay.port())).await;

    println!("\n## Network of {:.1} ms a round trip\n", 2e3 * DELAY.as_secs_f64());
    println!("| | ms | times `SELECT 1` |\n|---|---:|---:|");
    macro_rules! row {
        ($what:literal, $contestant:ident.$verb:ident) => {
            let contestant = async |request| $contestant.$verb(request).await;
            let ping = async |_| fast.ping().await;
            let times = compare(NETWORK, Request::nth, contestant, ping).await;
            println!("| {} | {:.1} | {:.2} |", $what, times.candidate() * 1e3, times.ratio());
        };
    }
    row!("stock `transaction`, Verified", stock.transaction);
    row!("stock `transaction`, Fast", fast.transaction);
    row!("`transaction`, admission", ours.transaction);
    row!("`read`, admission", ours.read);
    row!("stock `get`, Verified", stock.get);
    row!("stock `get`, Fast", fast.get);
    row!("`get`, admission", ours.get);
}

#[derive(Default)]
struct Table(Vec<(&'static str, &'static str, Comparison)>);

impl Table {
    fn add(&mut self, what: &'static str, stock: &'static str, times: Comparison) {
        match self.0.iter_mut().find(|row| (row.0, row.1) == (what, stock)) {
            Some((_, _, sum)) => sum.extend(times),
            None => self.0.push((what, stock, times)),
        }
    }

    fn print(&self) {
        println!(
            "| `tenants` | stock | µs | stock, µs | ratio, median | ratio, quiet | ratio, CPU |"
        );
        println!("|---|---|---:|---:|---:|---:|---:|");
        for (what, stock, times) in &self.0 {
            let (ours, theirs) = (times.candidate() * 1e6, times.baseline() * 1e6);
            let (ratio, quiet) = (times.ratio(), times.quiet_ratio());
            let cpu = times.cpu_ratio().map_or_else(|| "?".to_owned(), |cpu| format!("{cpu:.2}"));
            println!(
                "| {what} | {stock} | {ours:.0} | {theirs:.0} | {ratio:.2} | {quiet:.2} | {cpu} |"
            );
        }
    }
}
