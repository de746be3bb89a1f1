//! What asks for composite keys, and who compares with it: `--into`, pools, `drift_test!`.

// The struct is here for its tag alone.
#![allow(dead_code)]

use std::fs;

use tenants_core::TableName;
use tenants_diesel::{Identifier, Registry, RegistryError, Table, TenantPool, WithRls, sync};

use super::super::check::url_of;
use super::super::golden::{plan, tagged};
use super::super::scratch::{Directory, Scratch, stdout};
use super::{composite, posts};

diesel::table! { keyed (id) { id -> Text, tenant -> Text, } }

#[derive(WithRls)]
#[diesel(table_name = keyed)]
#[tenants(composite_keys)]
struct Keyed;

const UP: &str =
    "CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL, title text NOT NULL,
    reply integer CONSTRAINT reply REFERENCES posts);";

#[tokio::test]
async fn a_new_table_gets_its_keys_in_the_migration_that_makes_it() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let before = scratch.snapshot().await;
    let project = Directory::new();
    let path = project.join("2026-01-01-000000-0000_posts");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("up.sql"), UP).unwrap();
    fs::write(path.join("down.sql"), "DROP TABLE posts;").unwrap();
    fs::write(project.join("tenants.toml"), "composite_keys = true").unwrap();
    let complete = || {
        let (roles, directory) = (scratch.role_args(), path.to_str().unwrap());
        let mut args = vec!["migration", "generate", "--into", directory];
        args.extend(roles.iter().map(String::as_str));
        let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), &args);
        stdout(&command.current_dir(&*project).output().unwrap())
    };
    let said = complete();
    assert!(said.contains("keys are built anew with the tenant column in front"), "{said}");
    assert!(complete().contains("Nothing to do"), "the second run adds nothing");
    let [up, down] =
        ["up.sql", "down.sql"].map(|file| fs::read_to_string(path.join(file)).unwrap());
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    let keys = "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = 'posts'::regclass AND contype IN ('p', 'f') ORDER BY 1";
    let expected = [
        "posts_pkey PRIMARY KEY (tenant, id)",
        "reply FOREIGN KEY (tenant, reply) REFERENCES posts(tenant, id)",
    ];
    assert_eq!(scratch.superuser_values(keys).await, expected);
    scratch.run("owner", &format!("BEGIN; {down} COMMIT")).await;
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn pools_compare_keys_as_well() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", UP).await;
    // Before PostgreSQL 15 everybody may create there, and a pool refuses that.
    scratch.superuser_here("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    let create = format!("GRANT CREATE ON SCHEMA public TO {}", scratch.role("owner"));
    scratch.superuser_here(&create).await;
    let asks = |asks: fn(Table) -> Table| {
        Registry::new([asks(tagged::<posts::table, posts::tenant>())]).unwrap()
    };
    let protect = plan(&scratch, &asks(|table| table)).await.up_sql();
    scratch.run("owner", &format!("BEGIN; {protect} COMMIT")).await;
    let compared = async |registry: Registry| {
        let (url, roles) = (scratch.url("login"), scratch.roles());
        let pool = TenantPool::builder(&url).roles(roles.clone()).registry(registry.clone());
        let found = pool.build().await.unwrap().check().await.unwrap();
        let build = move || {
            let pool = sync::TenantPool::builder(url).roles(roles).registry(registry);
            pool.build().unwrap().check().unwrap()
        };
        assert_eq!(tokio::task::spawn_blocking(build).await.unwrap(), found);
        found
    };
    let clean = compared(asks(|table| table)).await;
    assert!(clean.is_clean(), "{clean}");
    let found = compared(asks(composite)).await;
    assert_eq!(found.differences.len(), 1, "{found}");
    let said = "keys leave the tenant column out: `posts_pkey`";
    assert!(found.to_string().contains(said), "{found}");
    let rewrite = plan(&scratch, &asks(composite)).await.up_sql();
    scratch.run("owner", &format!("BEGIN; {rewrite} COMMIT")).await;
    let clean = compared(asks(composite)).await;
    assert!(clean.is_clean(), "{clean}");
}

#[test]
#[should_panic(expected = "keys leave the tenant column out: `keyed_pkey`")]
#[allow(unnameable_test_items, reason = "called here, and not by the harness")]
fn a_line_of_ones_own_tests_compares_with_the_attribute() {
    tenants_diesel::drift_test!(drifted, url_of(Some("ALTER TABLE keyed ADD PRIMARY KEY (id)")));
    drifted();
}

/// One struct that names a parent is enough; two have to name the same.
#[test]
fn two_parents_are_a_contradiction() {
    let of = |parent: &str| {
        let parent = Some(TableName::new(None, Identifier::new(parent).unwrap()));
        Table { parent, ..tagged::<posts::table, posts::tenant>() }
    };
    let (blogs, pages) = (of("blogs"), of("pages"));
    let silent = tagged::<posts::table, posts::tenant>();
    let merged = Registry::new([silent, blogs.clone(), blogs.clone()]).unwrap();
    assert_eq!(merged.table(&blogs.name).unwrap().parent, blogs.parent);
    let refused = Registry::new([blogs.clone(), pages]).unwrap_err();
    let RegistryError::Contradiction { table, .. } = &refused else { panic!("{refused}") };
    assert_eq!(*table, blogs.name);
    assert!(refused.to_string().contains("give both the same `#[tenants(..)]`"), "{refused}");
}
