//! What scoping costs, as ratios to a hand-written filter. Prints Markdown.
//!
//! Run with `cargo bench --bench ratios`.

use std::time::Duration;

use tenants_benches::{Comparison, Fixture, Plan, Relay, Request, Scoped, Stock, compare};
use tenants_diesel::{Admission, Isolation};
use tenants_tests::server;
use tokio::runtime;

const LOOPBACK: Plan = Plan { rounds: 80, block: 200 };
const NETWORK: Plan = Plan { rounds: 16, block: 5 };
const DELAY: Duration = Duration::from_micros(2_500);

fn main() {
    // One thread, so that no time goes to waking up another.
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (shared, per_role) = runtime.block_on(async {
        let shared = Fixture::new(Isolation::SharedRole).await;
        let per_role = Fixture::new(Isolation::RolePerTenant).await;
        println!("PostgreSQL {}\n\n## Loopback\n", shared.server_version().await);
        println!(
            "| `tenants` | stock | µs | stock, µs | ratio, median | ratio, quiet | ratio, CPU |"
        );
        println!("|---|---|---:|---:|---:|---:|---:|");
        loopback(&shared, &per_role).await;
        (shared, per_role)
    });
    // Without a runtime: none of it is asynchronous.
    blocking::loopback(&shared);
    runtime.block_on(network(&shared));
    drop(per_role);
}

/// Compares two methods of two contestants and prints a row.
macro_rules! row {
    ($what:literal, $ours:ident.$verb:ident, $stock:literal, $theirs:ident.$stock_verb:ident) => {
        row!($what, $ours.$verb, $stock, $theirs.$stock_verb, Request::nth)
    };
    ($what:literal, $ours:ident.$verb:ident, $stock:literal, $theirs:ident.$stock_verb:ident, $request:expr) => {
        let ours = async |request| $ours.$verb(request).await;
        let theirs = async |request| $theirs.$stock_verb(request).await;
        print($what, $stock, &compare(LOOPBACK, $request, ours, theirs).await);
    };
}

async fn loopback(shared: &Fixture, per_role: &Fixture) {
    let port = server().port();
    let stock = Stock::new(&shared.stock_url(port));
    let fast = Stock::fast(&shared.stock_url(port));

    let ours = Scoped::new(shared.scoped(Admission::Off, port)).await;
    row!("`transaction`", ours.transaction, "`transaction`, Verified", stock.transaction);
    row!("`transaction`", ours.transaction, "`transaction`, Fast", fast.transaction);
    row!("`read`", ours.read, "`transaction`, Verified", stock.transaction);
    row!("`read`", ours.read, "`transaction`, Fast", fast.transaction);
    row!("`get`", ours.get, "`get`, Verified", stock.get);
    row!("`get`", ours.get, "`get`, Fast", fast.get);

    let ours = Scoped::new(shared.scoped(Admission::Check, port)).await;
    row!("`transaction`, admission", ours.transaction, "`transaction`, Fast", fast.transaction);
    row!("`read`, admission", ours.read, "`transaction`, Fast", fast.transaction);
    row!("`get`, admission", ours.get, "`get`, Verified", stock.get);

    let ours = Scoped::new(per_role.scoped(Admission::Off, port)).await;
    row!(
        "`transaction`, role per tenant",
        ours.transaction,
        "`transaction`, Fast",
        fast.transaction
    );
    row!("`read`, role per tenant", ours.read, "`transaction`, Fast", fast.transaction);
    row!("`get`, role per tenant", ours.get, "`get`, Verified", stock.get);
    let one = Request::of_one_tenant;
    row!(
        "`transaction`, role per tenant, one tenant",
        ours.transaction,
        "`transaction`, Fast",
        fast.transaction,
        one
    );
    row!("`get`, role per tenant, one tenant", ours.get, "`get`, Verified", stock.get, one);
}

mod blocking {
    use tenants_benches::sync::{Scoped, Stock};

    use super::*;

    pub(super) fn loopback(shared: &Fixture) {
        let port = server().port();
        let stock = Stock::new(&shared.stock_url(port));
        let fast = Stock::fast(&shared.stock_url(port));
        let ours = Scoped::new(shared.scoped_sync(Admission::Off, port));
        // Nothing in here waits, so the first poll is the last.
        let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            sync_row(
                "sync `transaction`",
                |r| ours.transaction(r),
                "`transaction`, tested",
                |r| stock.transaction(r),
            )
            .await;
            sync_row(
                "sync `transaction`",
                |r| ours.transaction(r),
                "`transaction`, untested",
                |r| fast.transaction(r),
            )
            .await;
            sync_row(
                "sync `read`",
                |r| ours.read(r),
                "`transaction`, untested",
                |r| fast.transaction(r),
            )
            .await;
            sync_row("sync `get`", |r| ours.get(r), "`get`, tested", |r| stock.get(r)).await;
            sync_row("sync `get`", |r| ours.get(r), "`get`, untested", |r| fast.get(r)).await;
        });
    }

    async fn sync_row<R>(
        what: &str,
        ours: impl Fn(Request) -> R,
        stock: &str,
        theirs: impl Fn(Request) -> R,
    ) {
        let times = compare(LOOPBACK, Request::nth, async |r| ours(r), async |r| theirs(r)).await;
        print(what, stock, &times);
    }
}

/// Milliseconds behind a delay, where round trips are all that counts.
async fn network(shared: &Fixture) {
    let relay = Relay::start(server().port(), DELAY).expect("a free port");
    let stock = Stock::new(&shared.stock_url(relay.port()));
    let fast = Stock::fast(&shared.stock_url(relay.port()));
    let ours = Scoped::new(shared.scoped(Admission::Check, relay.port())).await;

    let ping = async |_| fast.ping().await;
    let trip = compare(NETWORK, Request::nth, ping, ping).await.baseline();
    println!("\n## Network: {:.1} ms a round trip, admission on\n", trip * 1e3);
    println!("| | ms | round trips |\n|---|---:|---:|");
    let row = |what, seconds: f64| {
        println!("| {what} | {:.1} | {:.1} |", seconds * 1e3, seconds / trip);
    };
    let transaction = async |request| ours.transaction(request).await;
    let stock_transaction = async |request| stock.transaction(request).await;
    let times = compare(NETWORK, Request::nth, transaction, stock_transaction).await;
    row("`tenants`: `transaction`", times.candidate());
    row("stock: `transaction`, Verified", times.baseline());
    let read = async |request| ours.read(request).await;
    let fast_transaction = async |request| fast.transaction(request).await;
    let times = compare(NETWORK, Request::nth, read, fast_transaction).await;
    row("`tenants`: `read`", times.candidate());
    row("stock: `transaction`, Fast", times.baseline());
    let get = async |request| ours.get(request).await;
    let stock_get = async |request| stock.get(request).await;
    let times = compare(NETWORK, Request::nth, get, stock_get).await;
    row("`tenants`: `get`", times.candidate());
    row("stock: `get`, Verified", times.baseline());
    let fast_get = async |request| fast.get(request).await;
    let times = compare(NETWORK, Request::nth, fast_get, ping).await;
    row("stock: `get`, Fast", times.candidate());
}

fn print(what: &str, stock: &str, times: &Comparison) {
    let (ours, theirs) = (times.candidate() * 1e6, times.baseline() * 1e6);
    let (ratio, quiet) = (times.ratio(), times.quiet_ratio());
    let cpu = times.cpu_ratio().map_or_else(|| "?".to_owned(), |ratio| format!("{ratio:.2}"));
    println!("| {what} | {stock} | {ours:.0} | {theirs:.0} | {ratio:.2} | {quiet:.2} | {cpu} |");
}
