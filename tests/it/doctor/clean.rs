//! Where nothing is wrong, nothing is said.

use std::time::Duration;

use tenants_diesel::doctor::{LINTS, Reads, Report, Severity, Target, examine};
use tenants_diesel::{Isolation, Pooler, Registry, Roles, sync};
use tenants_tests::schema::{all_registry, per_tenant};

use super::case::{Patient, lint};

/// T407 is of every server that nobody hardened, and an outdated one has known faults (T601). T110 looks at the whole
/// server, where other tests are at work: `command` has roles of its own.
const EXCUSED: [&str; 3] = ["T110", "T407", "T601"];

#[tokio::test]
async fn a_database_that_was_set_up_and_migrated_has_no_findings() {
    for isolation in [Isolation::SharedRole, Isolation::RolePerTenant] {
        let patient = Patient::new(isolation).await;
        let pool = patient.database.builder();
        let tenant = pool.build().await.unwrap().create_tenant(tenants_tests::unique_id()).await;
        // Its login may now become the tenant's role, too.
        patient.database.set_up(&patient.login).await;
        let lints = LINTS.iter().filter(|lint| lint.reads() == Reads::Catalog);
        let report = patient.examine(lints).await;
        assert_eq!(report.unrun, []);
        let found = report.findings.iter().filter(|it| !EXCUSED.contains(&it.lint.id));
        let found: Vec<_> = found.map(|it| (it.lint.id, &it.object, &it.detail)).collect();
        assert_eq!(found, [], "{isolation:?} {tenant:?}");
        assert!(report.findings.iter().any(|it| it.lint.id == "T407"), "{report}");
    }
}

#[tokio::test]
async fn a_database_whose_scopes_are_signed_has_no_findings() {
    for isolation in [Isolation::SharedRole, Isolation::RolePerTenant] {
        let patient = Patient::new(isolation).await;
        patient.database.sign().await;
        let lints = LINTS.iter().filter(|lint| lint.reads() == Reads::Catalog);
        let report = patient.examine(lints).await;
        assert_eq!(report.unrun, []);
        let found = report.findings.iter().filter(|it| !["T110", "T601"].contains(&it.lint.id));
        let found: Vec<_> = found.map(|it| (it.lint.id, &it.object, &it.detail)).collect();
        assert_eq!(found, [], "{isolation:?}");
    }
}

diesel::table! {
    #[sql_name = "Quarter \"Report\""]
    #[allow(non_snake_case)]
    Sales.reports (id) { id -> BigInt, #[sql_name = "Customer"] customer -> Text, }
}
diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { codes (id) { id -> BigInt, tenant -> Varchar, } }
diesel::table! { base (id) { id -> BigInt, tenant -> Text, } }

/// Names that must be quoted, partitions of partitions, other types, children and `serial`: whatever the generator
/// protects is left in peace, but for the key that leaves the tenant out.
#[tokio::test]
async fn every_kind_of_table_that_the_generator_protects_is_clean() {
    let patient = Patient::new(Isolation::SharedRole).await;
    let tables = r#"
        CREATE SCHEMA "Sales";
        CREATE TABLE "Sales"."Quarter ""Report""" (id serial, "Customer" text, PRIMARY KEY ("Customer", id));
        CREATE TABLE events (id bigint NOT NULL, tenant text) PARTITION BY RANGE (id);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
        CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (100) PARTITION BY RANGE (id);
        CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES FROM (10) TO (20);
        CREATE TABLE codes (id bigint, tenant varchar(40), PRIMARY KEY (tenant, id));
        CREATE TABLE base (id bigint, tenant text NOT NULL, PRIMARY KEY (tenant, id));
        CREATE TABLE derived (more text, PRIMARY KEY (tenant, id)) INHERITS (base)"#;
    patient.database.run("owner", tables).await;
    let registry = Registry::new([
        per_tenant::<reports::table, reports::customer>(),
        per_tenant::<events::table, events::tenant>(),
        per_tenant::<codes::table, codes::tenant>(),
        per_tenant::<base::table, base::tenant>(),
    ]);
    let registry = registry.unwrap();
    patient.database.protect(&registry).await;
    let all = all_registry().tables().chain(registry.tables()).cloned().collect::<Vec<_>>();
    let registry = Registry::new(all).unwrap();
    let target = Target::new(&registry, &Roles::default(), &patient.login, Some("admin_login"));
    let mut connection = patient.database.connect("app_login").await;
    let lints = LINTS.iter().filter(|lint| lint.reads() == Reads::Catalog);
    let report = examine(&mut connection, None, &target, lints).await;
    assert_eq!(report.unrun, []);
    let found = report.findings.iter().filter(|it| !EXCUSED.contains(&it.lint.id));
    assert_eq!(found.map(|it| (it.lint.id, &it.object, &it.detail)).collect::<Vec<_>>(), []);
    // None of them is out of sight.
    let each = [
        "\"Quarter \"\"Report\"\"\"",
        "events",
        "events_1",
        "events_2",
        "events_2a",
        "codes",
        "base",
        "derived",
    ];
    for table in each {
        let schema = if table.contains("Quarter") { "\"Sales\"" } else { "public" };
        let name = format!("{schema}.{table}");
        patient.run(&format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY; DROP POLICY tenants_guard ON {name}")).await;
        let report = examine(&mut connection, None, &target, [lint("T203"), lint("T204")]).await;
        for object in [name.clone(), format!("{name}.tenants_guard")] {
            assert!(report.findings.iter().any(|it| it.object == object), "{object}: {report}");
        }
    }
}

/// As the login of the pool, whose search path and sessions are looked at, too.
#[tokio::test]
async fn a_pool_examines_its_own_database() {
    let patient = Patient::new(Isolation::SharedRole).await;
    let url = patient.database.url(&patient.login);
    let builder = || tenants_diesel::TenantPool::builder(&url).registry(all_registry());
    let pool = builder().max_size(2).build().await.unwrap();
    let sync_pool = {
        let url = url.clone();
        let build = move || sync::TenantPool::builder(url).registry(all_registry()).build();
        tokio::task::spawn_blocking(build).await.unwrap().unwrap()
    };
    let examine_sync = async || {
        let pool = sync_pool.clone();
        tokio::task::spawn_blocking(move || pool.doctor()).await.unwrap().unwrap()
    };
    let severe = |report: &Report| -> Vec<String> {
        let open = report.open(Severity::Low).filter(|it| !EXCUSED.contains(&it.lint.id));
        open.map(|it| format!("{} {}", it.lint.id, it.object)).collect()
    };
    let (report, sync_report) = (pool.doctor().await.unwrap(), examine_sync().await);
    assert_eq!((&report.unrun, severe(&report)), (&vec![], vec![]));
    assert_eq!((&sync_report.unrun, severe(&sync_report)), (&vec![], vec![]));

    patient.run("ALTER TABLE posts NO FORCE ROW LEVEL SECURITY").await;
    let expected = ["T203 public.posts"];
    assert_eq!(severe(&pool.doctor().await.unwrap()), expected);
    assert_eq!(severe(&examine_sync().await), expected);
    // With one connection, and none behind: the next caller gets a new one.
    let small = builder().max_size(1).wait_timeout(Duration::from_secs(5));
    assert!(small.build().await.is_err(), "FORCE is what a pool asks for");
    patient.run("ALTER TABLE posts FORCE ROW LEVEL SECURITY").await;
    let small = builder().max_size(1).wait_timeout(Duration::from_secs(5)).build().await.unwrap();
    for _ in 0..2 {
        assert_eq!(severe(&small.doctor().await.unwrap()), [""; 0]);
    }
    assert_eq!(small.status().size, 0);
    // What a pooler does is known where it was told.
    let told = builder().pooler(Pooler::Transaction).build().await.unwrap();
    assert_eq!(severe(&told.doctor().await.unwrap()), [""; 0]);
}
