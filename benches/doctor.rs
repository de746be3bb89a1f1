//! How long `pool.doctor()` takes for many tables.
//!
//! Run with `cargo bench --bench doctor`.

use std::time::{Duration, Instant};

use tenants_core::{Identifier, Registry, Table, TableName, Tenancy, TenantType};
use tenants_diesel::{TenantPool, doctor::Severity};
use tenants_tests::Database;
use tenants_tests::schema::all_registry;
use tokio::runtime::Builder;

const TABLES: usize = 300;
const RUNS: usize = 9;

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut times = runtime.block_on(examine());
    times.sort();
    println!("{TABLES} tables: median {:?}, best {:?}", times[RUNS / 2], times[0]);
}

async fn examine() -> Vec<Duration> {
    let database = Database::new().await;
    let mut tables = Vec::new();
    for number in 0..TABLES {
        let name = format!("table_{number}");
        let create = format!(
            "CREATE TABLE {name} (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, at timestamptz,
                parent bigint, PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, parent) REFERENCES {name});
            CREATE INDEX ON {name} (tenant, at)"
        );
        database.run("owner", &create).await;
        tables.push(table(&name));
    }
    let registry = Registry::new(tables).expect("a registry");
    database.protect(&registry).await;
    let all = all_registry().tables().chain(registry.tables()).cloned().collect::<Vec<_>>();
    let registry = Registry::new(all).expect("a registry");
    let pool = TenantPool::builder(database.url("app_login")).registry(registry);
    let pool = pool.build().await.expect("a pool");
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let report = pool.doctor().await.expect("a report");
        times.push(start.elapsed());
        assert!(report.unrun.is_empty(), "{report}");
        let severe = report.open(Severity::Low).filter(|it| it.lint.id != "T601");
        assert_eq!(severe.count(), 0, "{report}");
    }
    times
}

fn table(name: &str) -> Table {
    let identifier = |name: &str| Identifier::new(name).expect("a name");
    let column = identifier("tenant");
    Table {
        name: TableName::new(None, identifier(name)),
        tenancy: Tenancy::PerTenant { column: column.clone(), column_type: TenantType::Text },
        primary_key: vec![],
        columns: vec![column],
        declarations: vec![],
        keys: tenants_core::Keys::AsTheyAre,
        parent: None,
    }
}
