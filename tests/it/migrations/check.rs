//! `tenants check`: what it writes, and how it exits; and a test of one line that does the same.

use std::process::Output;

use serde_json::{Value, json};
use tenants_core::Tenancy;
use tenants_diesel::Registry;
use tenants_tests::Database;
use tenants_tests::schema::text_registry;

use super::generate::protected;
use super::scratch::{Scratch, stderr, written};

fn check(scratch: &Scratch, more: &[&str]) -> Output {
    let roles = scratch.role_args();
    let mut args = vec!["check"];
    args.extend(roles.iter().map(String::as_str));
    args.extend(more);
    scratch.tenants(&args)
}

#[tokio::test]
async fn what_differs_is_written_with_what_repairs_it() {
    let scratch = protected().await;
    let said = written(&check(&scratch, &[]), 1);
    assert!(
        said.starts_with(r#"`"elsewhere"."posts"` has a column of the name of a tenant column"#),
        "{said}"
    );
    let clean = "The database is what the tags ask for.\n";
    assert_eq!(written(&check(&scratch, &["--ignore-untagged"]), 0), clean);
    scratch.run("owner", "DROP TABLE elsewhere.posts").await;
    assert_eq!(written(&check(&scratch, &[]), 0), clean);
    let value: Value =
        serde_json::from_str(&written(&check(&scratch, &["--format", "json"]), 0)).unwrap();
    assert_eq!(value, json!({ "version": 1, "clean": true, "differences": [] }));

    scratch.run("owner", "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY").await;
    let expected = "\"public\".\"posts\": row-level security does not bind the owner
    ALTER TABLE \"public\".\"posts\" FORCE ROW LEVEL SECURITY;
Found: 1 difference.\n";
    assert_eq!(written(&check(&scratch, &[]), 1), expected);
    let value: Value =
        serde_json::from_str(&written(&check(&scratch, &["--format", "json"]), 1)).unwrap();
    let difference = json!({
        "object": "\"public\".\"posts\"",
        "difference": "row-level security does not bind the owner",
        "sql": "ALTER TABLE \"public\".\"posts\" FORCE ROW LEVEL SECURITY",
    });
    assert_eq!(value, json!({ "version": 1, "clean": false, "differences": [difference] }));
}

#[tokio::test]
async fn signed_scopes_can_be_asked_for() {
    let scratch = protected().await;
    let said = written(&check(&scratch, &["--ignore-untagged", "--signing", "on"]), 1);
    let policy =
        r#""public"."posts": policy `tenants_guard` asks for a signature where others do not"#;
    assert!(said.contains(policy), "{said}");
    assert!(said.contains(r#"ALTER POLICY "tenants_guard" ON "public"."posts""#), "{said}");
}

#[tokio::test]
async fn what_cannot_be_asked_fails() {
    let scratch = Scratch::new().await;
    let said = written(&check(&scratch, &[]), 1);
    assert!(said.contains("run `tenants setup`"), "{said}");
    let unreachable = ["--database-url", "postgres://nobody:s3cret@127.0.0.1:1/nothing"];
    let said = stderr(&check(&scratch, &unreachable), 1);
    assert!(said.contains("could not connect") && !said.contains("s3cret"), "{said}");
    stderr(&check(&scratch, &["--format", "yaml"]), 2);
}

/// A database with all tables that this program is tagged with, and no other.
async fn tagged() -> Database {
    let (database, registry) = (Database::new().await, Registry::collect().unwrap());
    database.run("owner", "DROP TABLE notes, orders, files").await;
    for table in registry.tables() {
        let columns = table.columns.iter().map(|column| match &table.tenancy {
            Tenancy::PerTenant { column: tenant, column_type } if column == tenant => {
                format!("{column} {column_type} NOT NULL")
            }
            _ => format!("{column} text"),
        });
        let columns: Vec<_> = columns.collect();
        let (schema, columns) = (table.name.schema(), columns.join(", "));
        let create = format!(
            "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE IF NOT EXISTS {} ({columns})",
            table.name
        );
        database.run("owner", &create).await;
    }
    let missing = registry.tables().filter(|table| text_registry().table(&table.name).is_none());
    database.protect(&Registry::new(missing.cloned()).unwrap()).await;
    database
}

pub(super) fn url_of(change: Option<&str>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = tagged().await;
        if let Some(change) = change {
            database.run("owner", change).await;
        }
        database.url("app_login")
    })
}

tenants_diesel::drift_test!(a_line_of_ones_own_tests_compares_as_well, url_of(None));

#[test]
#[should_panic(expected = "row-level security does not bind the owner")]
#[allow(unnameable_test_items, reason = "called here, and not by the harness")]
fn the_line_fails_where_something_differs() {
    tenants_diesel::drift_test!(
        drifted,
        url_of(Some("ALTER TABLE posts NO FORCE ROW LEVEL SECURITY"))
    );
    drifted();
}
