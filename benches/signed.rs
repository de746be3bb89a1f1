//! What a signature costs: the same requests with and without, side by side. Prints Markdown.
//!
//! Run with `cargo bench --bench signed`.

use std::sync::Mutex;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tenants_benches::{
    Comparison, Cores, Fixture, Plan, Request, Row, Scoped, compare, tenant_ids,
};
use tenants_diesel::{Admission, Isolation, TenantConnection};
use tenants_tests::schema::posts;
use tenants_tests::server;
use tokio::runtime::Builder;

const SWEEPS: usize = 4;
const PLAN: Plan = Plan { rounds: 16, block: 200 };

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (signed, unsigned) = runtime.block_on(async {
        let signed = Fixture::new(Isolation::SharedRole).await.signed().await;
        (signed, Fixture::new(Isolation::SharedRole).await)
    });
    for cores in [Cores::Apart, Cores::Shared] {
        let mut rows: [(&str, Comparison); 4] =
            ["one more statement", "`transaction`", "`read`", "`get`"]
                .map(|what| (what, Comparison::default()));
        for _ in 0..SWEEPS {
            cores.take();
            runtime.block_on(sweep(&signed, &unsigned, &mut rows));
        }
        println!("\n## Cores {cores:?}\n");
        println!(
            "| | signed, µs | unsigned, µs | more, µs | ratio, median |\n|---|---:|---:|---:|---:|"
        );
        for (what, times) in &rows {
            let (with, without) = (times.candidate() * 1e6, times.baseline() * 1e6);
            let (more, ratio) = (with - without, times.ratio());
            println!("| {what} | {with:.1} | {without:.1} | {more:.1} | {ratio:.2} |");
        }
    }
}

async fn sweep(signed: &Fixture, unsigned: &Fixture, rows: &mut [(&str, Comparison); 4]) {
    let port = server().port();
    let with = signed.scoped(Admission::Off, port);
    let without = unsigned.scoped(Admission::Off, port);
    let with = with.build().await.expect("the pool is built");
    let without = without.build().await.expect("the pool is built");
    {
        let tenant = &tenant_ids()[0];
        let with = Mutex::new(with.get(tenant).await.expect("a connection"));
        let without = Mutex::new(without.get(tenant).await.expect("a connection"));
        let ours = async |request: Request| statement(&with, request).await;
        let theirs = async |request: Request| statement(&without, request).await;
        rows[0].1.extend(compare(PLAN, Request::of_one_tenant, ours, theirs).await);
    }
    let (with, without) = (Scoped::over(with), Scoped::over(without));
    macro_rules! row {
        ($row:literal, $verb:ident) => {
            let ours = async |request| with.$verb(request).await;
            let theirs = async |request| without.$verb(request).await;
            rows[$row].1.extend(compare(PLAN, Request::nth, ours, theirs).await);
        };
    }
    row!(1, transaction);
    row!(2, read);
    row!(3, get);
}

/// One statement of a checkout that is kept.
#[allow(clippy::await_holding_lock, reason = "nobody else asks for it")]
async fn statement(connection: &Mutex<TenantConnection>, request: Request) -> Row {
    let mut connection = connection.lock().expect("nobody panicked");
    let row = posts::table.filter(posts::id.eq(request.id)).get_result(&mut *connection).await;
    row.expect("the row is found")
}
