//! Tables without a tenant column, whose rows belong to those of another table.

use tenants_core::TableName;
use tenants_core::plan::{Fault, Plan};
use tenants_diesel::{Keys, Registry, Table};

use super::super::golden::{catalog, plan, tagged};
use super::super::scratch::Scratch;
use super::{comments, posts};

diesel::table! { likes (id) { id -> Integer, tenant -> Text, } }

const TABLES: &str = "
    CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL);
    CREATE TABLE comments (id integer PRIMARY KEY, post integer REFERENCES posts ON DELETE CASCADE);
    CREATE TABLE likes (id integer PRIMARY KEY, comment integer REFERENCES comments);
    INSERT INTO posts VALUES (1, 'a'), (2, 'b');
    INSERT INTO comments VALUES (1, 1), (2, 2);
    INSERT INTO likes VALUES (1, 1), (2, 2), (3, 2);";

fn name(table: &Table) -> Option<TableName> {
    Some(table.name.clone())
}

/// A grandchild, a child and their parent.
fn chain(keys: Keys) -> Registry {
    let posts = tagged::<posts::table, posts::tenant>();
    let comments = tagged::<comments::table, comments::owner>();
    let likes = tagged::<likes::table, likes::tenant>();
    let likes = Table { parent: name(&comments), ..likes };
    let comments = Table { parent: name(&posts), ..comments };
    Registry::new([posts, comments, likes].map(|table| Table { keys, ..table })).unwrap()
}

async fn stage() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    scratch
}

#[tokio::test]
async fn a_chain_is_filled_from_its_parent_and_taken_back() {
    for keys in [Keys::AsTheyAre, Keys::Composite] {
        for is_protected in [false, true] {
            let scratch = stage().await;
            if is_protected {
                let parent = Registry::new([tagged::<posts::table, posts::tenant>()]).unwrap();
                let up = plan(&scratch, &parent).await.up_sql();
                scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
            }
            let (before, registry) = (scratch.snapshot().await, chain(keys));
            let plan = plan(&scratch, &registry).await;
            scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
            let rows = "SELECT string_agg(tenant || id, ',' ORDER BY id) FROM likes";
            assert_eq!(scratch.superuser_values(rows).await, ["a1,b2,b3"]);
            let again = super::super::golden::plan(&scratch, &registry).await;
            assert!(again.is_empty(), "{}", again.up_sql());
            scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.down_sql())).await;
            assert_eq!(scratch.snapshot().await, before);
        }
    }
}

/// A foreign key is about its two tables alone.
#[tokio::test]
async fn what_inherits_from_the_parent_says_nothing_of_its_rows() {
    let scratch = stage().await;
    let heirs = "CREATE TABLE old_posts () INHERITS (posts); INSERT INTO old_posts VALUES (1, 'z'), (2, 'z');
        INSERT INTO comments SELECT i, 1 + i % 2 FROM generate_series(4, 5003) AS i; ANALYZE posts, old_posts, comments";
    scratch.run("owner", heirs).await;
    let up = plan(&scratch, &chain(Keys::AsTheyAre)).await.up_sql();
    let rows =
        "SELECT string_agg(DISTINCT tenant || comment, ',' ORDER BY tenant || comment) FROM likes";
    let filled = |up: String| {
        let scratch = &scratch;
        async move {
            let copy = scratch.copy().await;
            copy.run("owner", &format!("BEGIN; {up} COMMIT")).await;
            let filled = copy.superuser_values(rows).await;
            copy.remove().await;
            filled
        }
    };
    assert_eq!(filled(up.clone()).await, ["a1,b2"]);
    // What is looked for is there to be found.
    assert_ne!(filled(up.replace("ONLY ", "")).await, ["a1,b2"]);
}

#[tokio::test]
async fn rows_without_a_parent_stop_the_migration_and_are_counted() {
    let scratch = stage().await;
    scratch.run("owner", "INSERT INTO comments VALUES (8, NULL), (9, NULL)").await;
    let before = scratch.snapshot().await;
    let up = plan(&scratch, &chain(Keys::AsTheyAre)).await.up_sql();
    let refused = scratch.values("owner", &format!("BEGIN; {up} COMMIT")).await.unwrap_err();
    assert!(refused.starts_with("23502 2 rows of \"public\".\"comments\""), "{refused}");
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn what_names_no_tenant_is_told() {
    let scratch = stage().await;
    scratch.run("owner", "ALTER TABLE comments ADD other integer REFERENCES posts").await;
    let registry = chain(Keys::AsTheyAre);
    let live = catalog(&scratch, &registry).await;
    let refused = Plan::new(&registry, &live, &scratch.roles()).unwrap_err().0;
    assert!(
        matches!(&refused[..], [Fault::NoKeyToParent { .. }, Fault::ParentWithoutTenant { .. }]),
        "{refused:?}"
    );
    let alone = Registry::new([tagged::<comments::table, comments::owner>()]).unwrap();
    let live = catalog(&scratch, &alone).await;
    let refused = Plan::new(&alone, &live, &scratch.roles()).unwrap_err().to_string();
    assert!(refused.contains("#[tenants(parent = ..)]"), "{refused}");
}
