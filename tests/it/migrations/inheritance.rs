//! Global tables and tables of tenants that inherit from each other.

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tenants_core::plan::{Fault, Plan, Refused};
use tenants_diesel::{GlobalAccess, Registry, Table};

use super::golden::{shared, tagged};
use super::scratch::Scratch;

diesel::table! { plans (id) { id -> Integer, } }
diesel::table! { posts (id) { id -> Integer, tenant -> Text, } }

fn global_plans_and_posts_of_tenants() -> Vec<Table> {
    vec![shared::<plans::table>(GlobalAccess::Read), tagged::<posts::table, posts::tenant>()]
}

async fn plan(scratch: &Scratch, tables: Vec<Table>) -> Result<Plan, Refused> {
    let registry = Registry::new(tables).unwrap();
    let mut conn = AsyncPgConnection::establish(&scratch.url("owner")).await.unwrap();
    let catalog = tenants_diesel::catalog::read(&mut conn, &registry, &scratch.roles()).await;
    Plan::new(&registry, &catalog.unwrap(), &scratch.roles())
}

/// The faults of a database with these tables.
async fn faults(tables: &str) -> Vec<Fault> {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", tables).await;
    plan(&scratch, global_plans_and_posts_of_tenants())
        .await
        .err()
        .map_or(vec![], |faults| faults.0)
}

#[tokio::test]
async fn a_global_table_above_one_of_tenants_is_refused() {
    for tables in [
        "CREATE TABLE plans (id integer);
        CREATE TABLE posts (tenant text NOT NULL) INHERITS (plans)",
        "CREATE TABLE plans (id integer);
        CREATE TABLE between (tenant text NOT NULL) INHERITS (plans);
        CREATE TABLE posts () INHERITS (between)",
        "CREATE TABLE plans (id integer, tenant text NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE posts PARTITION OF plans FOR VALUES FROM (0) TO (9)",
    ] {
        let faults = faults(tables).await;
        assert!(matches!(&faults[..], [Fault::GlobalAboveTenants { .. }]), "{faults:?}");
        let said = faults[0].to_string();
        let remedy = r#"ALTER TABLE "public"."posts" NO INHERIT"#;
        assert!(said.starts_with(r#"`"public"."plans"`"#) && said.contains(remedy), "{said}");
    }
}

#[tokio::test]
async fn a_global_table_below_one_of_tenants_is_refused() {
    for tables in [
        "CREATE TABLE posts (id integer, tenant text NOT NULL);
        CREATE TABLE plans () INHERITS (posts)",
        "CREATE TABLE posts (id integer, tenant text NOT NULL);
        CREATE TABLE between () INHERITS (posts);
        CREATE TABLE plans () INHERITS (between)",
        "CREATE TABLE posts (id integer, tenant text NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE plans PARTITION OF posts FOR VALUES FROM (0) TO (9)",
    ] {
        let faults = faults(tables).await;
        assert!(matches!(&faults[..], [Fault::GlobalBelowTenants { .. }]), "{faults:?}");
        let said = faults[0].to_string();
        assert!(said.contains("global_tables!") && said.contains("DETACH PARTITION"), "{said}");
    }
}

#[tokio::test]
async fn tables_that_inherit_nothing_from_each_other_are_accepted() {
    let tables = "CREATE TABLE plans (id integer);
        CREATE TABLE more_plans () INHERITS (plans);
        CREATE TABLE posts (id integer, tenant text NOT NULL);
        CREATE TABLE more_posts () INHERITS (posts)";
    assert_eq!(faults(tables).await, []);
}
