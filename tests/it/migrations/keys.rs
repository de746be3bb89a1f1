//! Keys that leave the tenant out: told, and rewritten where the tags ask for it.

mod asked;
mod child;
mod left;
mod retyped;
mod rows;
mod shapes;

use std::collections::BTreeSet;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tenants_core::plan::{Note, Plan};
use tenants_core::{Identifier, TableName};
use tenants_diesel::doctor::{LINTS, Target, examine};
use tenants_diesel::{GlobalAccess, Keys, Registry, Table};

use super::golden::{shared, tagged};
use super::scratch::Scratch;

diesel::table! { plans (id) { id -> Integer, } }
diesel::table! { posts (id) { id -> Integer, tenant -> Text, } }
diesel::table! { comments (id) { id -> Integer, owner -> Text, } }

/// The same table, whose struct asks for composite keys.
fn composite(table: Table) -> Table {
    Table { keys: Keys::Composite, ..table }
}

/// The lint that finds a key, and the key.
type Lints = BTreeSet<(&'static str, String)>;

/// What a plan says of keys that leave the tenant out and stay so.
fn told(plan: &Plan) -> Lints {
    let name = |table: &TableName, key: &Identifier| {
        let (schema, table) = (table.schema(), table.name());
        format!("{}.{}.{}", schema.as_str(), table.as_str(), key.as_str())
    };
    let lints = plan.notes.iter().filter_map(|note| match note {
        Note::KeyLeft { table, key, .. } | Note::KeyAcrossTenants { table, key } => {
            Some(("T304", name(table, key)))
        }
        Note::ForeignKeyLeft { table, key, .. }
        | Note::ForeignKeyAcrossTenants { table, key, .. } => Some(("T305", name(table, key))),
        _ => None,
    });
    lints.collect()
}

/// What the doctor finds of them.
async fn found(scratch: &Scratch, registry: &Registry) -> Lints {
    let mut conn = AsyncPgConnection::establish(&scratch.url("login")).await.unwrap();
    let target = Target::new(registry, &scratch.roles(), &scratch.role("login"), None);
    let lints = LINTS.iter().filter(|lint| ["T304", "T305"].contains(&lint.id));
    let report = examine(&mut conn, None, &target, lints).await;
    assert_eq!(report.unrun, []);
    report.findings.into_iter().map(|finding| (finding.lint.id, finding.object)).collect()
}

/// The notes on keys, as table, key and referenced table.
async fn notes(scratch: &Scratch, tables: &str) -> Vec<[String; 3]> {
    scratch.set_up(&[]);
    scratch.run("owner", tables).await;
    let registry = Registry::new([
        shared::<plans::table>(GlobalAccess::Read),
        tagged::<posts::table, posts::tenant>(),
        tagged::<comments::table, comments::owner>(),
    ])
    .unwrap();
    let mut conn = AsyncPgConnection::establish(&scratch.url("owner")).await.unwrap();
    let catalog = tenants_diesel::catalog::read(&mut conn, &registry, &scratch.roles()).await;
    let plan = Plan::new(&registry, &catalog.unwrap(), &scratch.roles()).unwrap();
    let notes = plan.notes.iter().filter_map(|note| {
        let said = note.to_string();
        match note {
            Note::ForeignKeyAcrossTenants { table, key, references } => {
                assert!(said.contains("begin with the tenant column on both sides"), "{said}");
                Some([table.name(), key, references.name()].map(|name| name.as_str().to_owned()))
            }
            Note::KeyAcrossTenants { table, key } => {
                assert!(said.contains("let its columns begin with the tenant column"), "{said}");
                Some([table.name().as_str(), key.as_str(), ""].map(str::to_owned))
            }
            _ => None,
        }
    });
    let mut notes: Vec<_> = notes.collect();
    notes.sort();
    notes
}

#[tokio::test]
async fn each_key_that_leaves_the_tenant_out_is_told() {
    let scratch = Scratch::new().await;
    let tables = "CREATE TABLE plans (id integer PRIMARY KEY);
        CREATE TABLE posts (
            id integer PRIMARY KEY,
            tenant text NOT NULL,
            slug text CONSTRAINT posts_slug UNIQUE,
            plan integer REFERENCES plans,
            UNIQUE (tenant, id)
        );
        CREATE UNIQUE INDEX posts_lower ON posts (lower(slug)) INCLUDE (tenant);
        CREATE INDEX posts_plain ON posts (slug);
        CREATE TABLE comments (
            id integer,
            owner text NOT NULL,
            post integer,
            other text,
            PRIMARY KEY (owner, id),
            CONSTRAINT loose FOREIGN KEY (post) REFERENCES posts ON DELETE CASCADE ON UPDATE CASCADE,
            CONSTRAINT crossed FOREIGN KEY (other, post) REFERENCES posts (tenant, id),
            CONSTRAINT tight FOREIGN KEY (owner, post) REFERENCES posts (tenant, id),
            CONSTRAINT own FOREIGN KEY (owner, post) REFERENCES comments (owner, id)
        )";
    let expected = [
        ["comments", "crossed", "posts"],
        ["comments", "loose", "posts"],
        ["posts", "posts_lower", ""],
        ["posts", "posts_pkey", ""],
        ["posts", "posts_slug", ""],
    ];
    assert_eq!(notes(&scratch, tables).await, expected);
}

#[tokio::test]
async fn keys_of_a_partitioned_table_are_told_once() {
    let scratch = Scratch::new().await;
    let tables = "CREATE TABLE plans (id integer PRIMARY KEY);
        CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE posts_1 PARTITION OF posts FOR VALUES FROM (0) TO (9);
        CREATE TABLE comments (
            id integer PRIMARY KEY,
            owner text NOT NULL,
            post integer CONSTRAINT loose REFERENCES posts
        ) PARTITION BY RANGE (id);
        CREATE TABLE comments_1 PARTITION OF comments FOR VALUES FROM (0) TO (9)";
    let expected = [
        ["comments", "comments_pkey", ""],
        ["comments", "loose", "posts"],
        ["posts", "posts_pkey", ""],
    ];
    assert_eq!(notes(&scratch, tables).await, expected);
}
