//! The migrations that are generated, word for word, each applied and taken back on a server.
//!
//! `tests/golden/<case>/tables.sql` is what was there; `BLESS=1` writes `up.sql` and `down.sql`.

use std::fs;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tenants_core::catalog::Catalog;
use tenants_core::plan::{Note, Plan};
use tenants_core::signature::Signing;
use tenants_diesel::__private::{Declaration, DescribableTable, TenantSqlType, global, per_tenant};
use tenants_diesel::{GlobalAccess, Keys, Registry, Table};

use super::scratch::Scratch;
use crate::golden::{self, assert_golden};

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { notes (id) { id -> BigInt, tenant -> Integer, } }
diesel::table! { orders (id) { id -> BigInt, tenant -> BigInt, } }
diesel::table! { files (id) { id -> BigInt, owner -> Uuid, } }
diesel::table! {
    #[sql_name = "Quarter \"Report\""]
    #[allow(non_snake_case)]
    Sales.reports (id) {
        id -> BigInt,
        #[sql_name = "Customer"]
        customer -> Text,
    }
}
diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { plans (id) { id -> Integer, } }
diesel::table! { counters (id) { id -> Integer, } }

pub(super) fn tagged<T, C>() -> Table
where
    T: DescribableTable,
    C: diesel::query_source::Column<Table = T>,
    C::SqlType: TenantSqlType,
{
    per_tenant::<T, C>(Declaration { name: "Tagged", file: file!(), line: line!() }).unwrap()
}

pub(super) fn shared<T: DescribableTable>(access: GlobalAccess) -> Table {
    global::<T>(access, Declaration { name: "Shared", file: file!(), line: line!() }).unwrap()
}

async fn check(case: &str, registered: Vec<Table>) {
    let tables = fs::read_to_string(golden::path(case).join("tables.sql")).unwrap();
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let mut tables = tables;
    for part in ["app", "admin", "login", "support"] {
        tables = tables.replace(&format!("tenants_{part}"), &scratch.role(part));
    }
    scratch.run("owner", &tables).await;
    let registry = Registry::new(registered).unwrap();
    let plan = plan(&scratch, &registry).await;
    applied_and_taken_back(case, &scratch, &registry, &plan).await;
}

/// A plan is the golden one, leaves nothing to do, and is taken back exactly.
async fn applied_and_taken_back(case: &str, scratch: &Scratch, registry: &Registry, plan: &Plan) {
    let before = scratch.snapshot().await;
    for (file, generated) in [("up.sql", plan.up_sql()), ("down.sql", plan.down_sql())] {
        // Roles are cluster-wide, so each test has its own.
        let generated = generated.replace(&format!("{}_", scratch.prefix), "tenants_");
        assert_golden(format!("{case}/{file}"), &generated);
    }

    scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
    let again = self::plan(scratch, registry).await;
    assert!(again.is_empty(), "{case}: {}", again.up_sql());
    scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.down_sql())).await;
    assert_eq!(scratch.snapshot().await, before, "{case}");
}

pub(super) async fn plan(scratch: &Scratch, registry: &Registry) -> Plan {
    Plan::new(registry, &catalog(scratch, registry).await, &scratch.roles()).unwrap()
}

/// The same, after which guards ask for signatures or do not.
pub(super) async fn plan_with(scratch: &Scratch, registry: &Registry, signing: Signing) -> Plan {
    let catalog = catalog(scratch, registry).await;
    Plan::with_signing(registry, &catalog, &scratch.roles(), signing).unwrap()
}

pub(super) async fn catalog(scratch: &Scratch, registry: &Registry) -> Catalog {
    let mut conn = AsyncPgConnection::establish(&scratch.url("owner")).await.unwrap();
    tenants_diesel::catalog::read(&mut conn, registry, &scratch.roles()).await.unwrap()
}

#[tokio::test]
async fn text() {
    check("text", vec![tagged::<posts::table, posts::tenant>()]).await;
}

#[tokio::test]
async fn varchar() {
    check("varchar", vec![tagged::<posts::table, posts::tenant>()]).await;
}

#[tokio::test]
async fn int4() {
    check("int4", vec![tagged::<notes::table, notes::tenant>()]).await;
}

#[tokio::test]
async fn int8() {
    check("int8", vec![tagged::<orders::table, orders::tenant>()]).await;
}

#[tokio::test]
async fn uuid() {
    check("uuid", vec![tagged::<files::table, files::owner>()]).await;
}

#[tokio::test]
async fn quoted_names_in_a_schema() {
    check("quoted", vec![tagged::<reports::table, reports::customer>()]).await;
}

#[tokio::test]
async fn partitions_of_partitions() {
    check("partitioned", vec![tagged::<events::table, events::tenant>()]).await;
}

#[tokio::test]
async fn serial() {
    let tables =
        vec![tagged::<orders::table, orders::tenant>(), tagged::<posts::table, posts::tenant>()];
    check("serial", tables).await;
}

#[tokio::test]
async fn keys_with_the_tenant_column() {
    let composite = |table| Table { keys: Keys::Composite, ..table };
    let tables =
        [tagged::<posts::table, posts::tenant>(), tagged::<events::table, events::tenant>()];
    check("keys", tables.map(composite).into()).await;
}

#[tokio::test]
async fn a_tenant_column_from_the_parent() {
    let posts = tagged::<posts::table, posts::tenant>();
    let child = tagged::<events::table, events::tenant>();
    let keys = Keys::Composite;
    let child = Table { parent: Some(posts.name.clone()), keys, ..child };
    check("child", vec![Table { keys, ..posts }, child]).await;
}

#[tokio::test]
async fn global_tables() {
    let tables = vec![
        shared::<plans::table>(GlobalAccess::Read),
        shared::<counters::table>(GlobalAccess::ReadWrite),
    ];
    check("global", tables).await;
}

#[tokio::test]
async fn what_is_half_there_is_completed() {
    check("half", vec![tagged::<posts::table, posts::tenant>()]).await;
}

/// Guards that ask for signatures, on tables that have guards, on those that come later, and back.
#[tokio::test]
async fn signed() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let tables = fs::read_to_string(golden::path("signed").join("tables.sql")).unwrap();
    scratch.run("owner", &tables).await;
    let later = tagged::<posts::table, posts::tenant>();
    let first = [
        tagged::<events::table, events::tenant>(),
        tagged::<files::table, files::owner>(),
        tagged::<notes::table, notes::tenant>(),
        tagged::<orders::table, orders::tenant>(),
    ];
    let all = Registry::new(first.iter().chain([&later]).cloned()).unwrap();
    let first = Registry::new(first).unwrap();
    let unsigned = plan(&scratch, &first).await;
    scratch.run("owner", &format!("BEGIN; {} COMMIT", unsigned.up_sql())).await;

    let sign = plan_with(&scratch, &first, Signing::On).await;
    assert_eq!(sign.notes, [Note::Signs]);
    applied_and_taken_back("signed", &scratch, &first, &sign).await;
    scratch.run("owner", &format!("BEGIN; {} COMMIT", sign.up_sql())).await;
    // A table that comes later has what the others have.
    let later = plan(&scratch, &all).await;
    assert!(
        later.up_sql().contains(r#"(SELECT "tenants"."verified_tenant"())"#),
        "{}",
        later.up_sql()
    );
    scratch.run("owner", &format!("BEGIN; {} COMMIT", later.up_sql())).await;
    let back = plan_with(&scratch, &all, Signing::Off).await;
    assert_eq!(back.notes, [Note::NoLongerSigns]);
    scratch.run("owner", &format!("BEGIN; {} COMMIT", back.up_sql())).await;
    assert_eq!(catalog(&scratch, &all).await.database.signing, Signing::Off);
    assert!(plan(&scratch, &all).await.is_empty());
}

/// What is said beside the migration: each note, and none for a table that lacks nothing of it.
#[tokio::test]
async fn notes_tell_what_the_statements_do_not() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let tables = "
        CREATE TABLE events (id bigint, tenant text NOT NULL) PARTITION BY LIST (id);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
        CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
        CREATE INDEX ON events_2 (tenant);
        CREATE TABLE files (id bigint, owner uuid NOT NULL, PRIMARY KEY (owner, id));
        CREATE TABLE notes (id bigint, tenant integer);
        CREATE INDEX ON notes (tenant);
        CREATE TABLE plans (id integer);
        ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
        CREATE TABLE posts (id bigint, tenant text NOT NULL)";
    scratch.run("owner", tables).await;
    let registry = Registry::new([
        tagged::<events::table, events::tenant>(),
        tagged::<files::table, files::owner>(),
        tagged::<notes::table, notes::tenant>(),
        shared::<plans::table>(GlobalAccess::Read),
        tagged::<posts::table, posts::tenant>(),
    ]);
    let registry = registry.unwrap();
    let names: Vec<_> = registry.tables().map(|table| table.name.clone()).collect();
    let [events, _, notes, plans, posts] = names.try_into().unwrap();
    let expected = [
        Note::IndexOnSomePartitions { table: events },
        Note::Nullable { table: notes },
        Note::GlobalWithRowSecurity { table: plans },
        Note::IndexLocks { table: posts },
    ];
    assert_eq!(plan(&scratch, &registry).await.notes, expected);
}

#[tokio::test]
async fn what_is_granted_beyond_is_taken_back() {
    let tables = vec![
        tagged::<events::table, events::tenant>(),
        tagged::<posts::table, posts::tenant>(),
        shared::<plans::table>(GlobalAccess::Read),
    ];
    check("granted", tables).await;
}
