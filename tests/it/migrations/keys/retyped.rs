//! Keys of tables whose tenant column gets another type: that first, and the keys with the next migration.

use tenants_core::plan::{Comparison, Note};
use tenants_core::signature::Signing;
use tenants_diesel::Registry;

use super::super::golden::{catalog, plan, tagged};
use super::super::scratch::Scratch;
use super::{comments, composite, found, told};

/// The table as it is, and as it is to be.
mod was {
    diesel::table! { posts (id) { id -> Integer, tenant -> Integer, } }
}
mod becomes {
    diesel::table! { posts (id) { id -> Integer, tenant -> Text, } }
}

const TABLES: &str = "
    CREATE TABLE posts (id integer PRIMARY KEY, tenant integer NOT NULL, reply integer CONSTRAINT reply REFERENCES posts);
    CREATE TABLE comments (id integer PRIMARY KEY, owner text NOT NULL, post integer CONSTRAINT post REFERENCES posts);";

#[tokio::test]
async fn keys_wait_for_the_type_of_the_tenant_column_and_say_so() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    let comments = || tagged::<comments::table, comments::owner>();
    let integers = tagged::<was::posts::table, was::posts::tenant>();
    let before = Registry::new([integers, comments()]).unwrap();
    let protect = plan(&scratch, &before).await.up_sql();
    scratch.run("owner", &format!("BEGIN; {protect} COMMIT")).await;

    let texts = tagged::<becomes::posts::table, becomes::posts::tenant>();
    let after = Registry::new([texts, comments()].map(composite)).unwrap();
    let first = plan(&scratch, &after).await;
    let waits = first.notes.iter().filter(|note| {
        let is_left = matches!(note, Note::KeyLeft { .. } | Note::ForeignKeyLeft { .. });
        is_left && note.to_string().contains("gets another type first: run this migration")
    });
    assert_eq!(waits.count(), 3, "{:?}", first.notes);
    let up = first.up_sql();
    assert!(up.contains(r#"ALTER COLUMN "tenant" TYPE"#), "{up}");
    assert!(up.contains(r#"PRIMARY KEY ("owner", id)"#), "the key of the other table: {up}");
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    assert_eq!(found(&scratch, &after).await, told(&first));
    assert_eq!(told(&first).len(), 3);

    let second = plan(&scratch, &after).await;
    scratch.run("owner", &format!("BEGIN; {} COMMIT", second.up_sql())).await;
    assert_eq!(found(&scratch, &after).await, told(&second));
    assert_eq!(told(&second), [].into());
    let live = catalog(&scratch, &after).await;
    let clean = Comparison::new(&after, &live, &scratch.roles(), Signing::Off);
    assert!(clean.is_clean(), "{clean}");
}
