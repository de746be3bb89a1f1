//! The same requests one by one, by criterion: figures to compare with an earlier run.
//!
//! Run with `cargo bench --bench absolute`.

use std::hint::black_box;
use std::time::Instant;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use tenants_benches::{Cores, Fixture, Request, Row, Scoped, Stock, sync};
use tenants_diesel::{Admission, Isolation};
use tenants_tests::server;
use tokio::runtime::{Builder, Runtime};

fn point_read(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let port = server().port();
    Cores::Apart.take();
    let (shared, stock, fast, ours, admitting, per_role) = runtime.block_on(async {
        let shared = Fixture::new(Isolation::SharedRole).await;
        let (stock, fast) =
            (Stock::new(&shared.stock_url(port)), Stock::fast(&shared.stock_url(port)));
        let ours = Scoped::new(shared.scoped(Admission::Off, port)).await;
        let admitting = Scoped::new(shared.scoped(Admission::Check, port)).await;
        let of_roles = Fixture::new(Isolation::RolePerTenant).await;
        let per_role = Scoped::new(of_roles.scoped(Admission::Off, port)).await;
        (shared, stock, fast, ours, admitting, per_role)
    });
    let mut group = criterion.benchmark_group("point read");
    let mut bench = Bench { group: &mut group, runtime: &runtime };
    bench.run("stock transaction, Verified", async |request| stock.transaction(request).await);
    bench.run("stock transaction, Fast", async |request| fast.transaction(request).await);
    bench.run("tenants transaction", async |request| ours.transaction(request).await);
    bench.run("tenants transaction, admission", async |request| {
        admitting.transaction(request).await
    });
    bench.run("tenants transaction, role per tenant", async |request| {
        per_role.transaction(request).await
    });
    bench.run("tenants read", async |request| ours.read(request).await);
    bench.run("stock get, Verified", async |request| stock.get(request).await);
    bench.run("stock get, Fast", async |request| fast.get(request).await);
    bench.run("tenants get", async |request| ours.get(request).await);
    let stock = sync::Stock::new(&shared.stock_url(port));
    let ours = sync::Scoped::new(shared.scoped_sync(Admission::Off, port));
    bench.run("sync: stock transaction, tested", async |request| stock.transaction(request));
    bench.run("sync: tenants transaction", async |request| ours.transaction(request));
    bench.run("sync: tenants get", async |request| ours.get(request));
    group.finish();
}

struct Bench<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    runtime: &'a Runtime,
}

impl Bench<'_, '_> {
    fn run(&mut self, name: &str, contestant: impl AsyncFn(Request) -> Row) {
        self.group.bench_function(name, |bencher| {
            bencher.to_async(self.runtime).iter_custom(async |times| {
                let start = Instant::now();
                for n in 0..times {
                    black_box(contestant(Request::nth(n)).await);
                }
                start.elapsed()
            });
        });
    }
}

criterion_group!(benches, point_read);
criterion_main!(benches);
