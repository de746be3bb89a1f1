//! Plans for tables that are tagged by hand: `#[derive(WithRls)]` would register them for all tests.

mod cases;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tenants_core::catalog::Catalog;
use tenants_core::plan::{Note, Plan};
use tenants_core::signature::Signing;
use tenants_diesel::__private::{Declaration, DescribableTable, TenantSqlType, global, per_tenant};
use tenants_diesel::{GlobalAccess, Registry, Table};

use super::scratch::Scratch;

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

/// The `schema.rs` of a golden case as a module, with what is in scope here.
macro_rules! schema {
    ($case:ident) => {
        mod $case {
            use super::*;
            include!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/golden/",
                stringify!($case),
                "/schema.rs"
            ));
        }
    };
}
pub(super) use schema;

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
