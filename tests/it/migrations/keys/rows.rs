//! What the rows say: references across tenants stop the migration, and tell nothing to tenants afterwards.

use tenants_core::Keys;
use tenants_diesel::{Registry, Table};

use super::super::golden::{plan, tagged};
use super::super::scratch::Scratch;
use super::{comments, composite, posts};

const PLAIN: &str = "
    CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL, email text UNIQUE);
    CREATE TABLE comments (id integer PRIMARY KEY, owner text NOT NULL, post integer REFERENCES posts ON DELETE CASCADE);";
const PARTITIONED: &str = "
    CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL, email text) PARTITION BY RANGE (id);
    CREATE TABLE posts_1 PARTITION OF posts FOR VALUES FROM (0) TO (10);
    CREATE TABLE posts_2 PARTITION OF posts FOR VALUES FROM (10) TO (99);
    CREATE TABLE comments (id integer PRIMARY KEY, owner text NOT NULL, post integer REFERENCES posts ON DELETE CASCADE)
        PARTITION BY RANGE (id);
    CREATE TABLE comments_1 PARTITION OF comments FOR VALUES FROM (0) TO (10);
    CREATE TABLE comments_2 PARTITION OF comments FOR VALUES FROM (10) TO (99);";
const ROWS: &str = "
    INSERT INTO posts VALUES (1, 'a', 'a@x'), (11, 'b', 'b@x');
    INSERT INTO comments VALUES (1, 'a', 1), (11, 'b', 11), (12, 'b', NULL);";

fn registry(keys: Keys) -> Registry {
    let tables =
        [tagged::<posts::table, posts::tenant>(), tagged::<comments::table, comments::owner>()];
    Registry::new(tables.map(|table| Table { keys, ..table })).unwrap()
}

/// Tables with rows of two tenants, protected or not.
async fn stage(tables: &str, is_protected: bool) -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", &format!("{tables} {ROWS}")).await;
    if is_protected {
        let plan = plan(&scratch, &registry(Keys::AsTheyAre)).await;
        scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
    }
    scratch
}

const UNFORCED: &str = "SELECT relname::text FROM pg_class WHERE relname ~ '^(posts|comments)' AND relkind IN ('r', 'p')
    AND NOT (relrowsecurity AND relforcerowsecurity)";

#[tokio::test]
async fn a_reference_across_tenants_stops_the_migration_and_nothing_is_changed() {
    for tables in [PLAIN, PARTITIONED] {
        for is_protected in [false, true] {
            let scratch = stage(tables, is_protected).await;
            scratch.superuser_here("INSERT INTO comments VALUES (13, 'b', 1)").await;
            let before = scratch.snapshot().await;
            let up = plan(&scratch, &registry(Keys::Composite)).await.up_sql();
            let refused = scratch.values("owner", &format!("BEGIN; {up} COMMIT")).await;
            let refused = refused.expect_err("a comment of b on a post of a");
            assert!(refused.starts_with("23503"), "{refused}");
            assert_eq!(scratch.snapshot().await, before);

            scratch.superuser_here("DELETE FROM comments WHERE id = 13").await;
            scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
            assert_eq!(scratch.superuser_values(UNFORCED).await, [""; 0], "FORCE is on again");
            let valid =
                "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND NOT convalidated";
            assert_eq!(scratch.superuser_values(valid).await, [""; 0]);
            let crossed = "INSERT INTO comments VALUES (13, 'b', 1)";
            let crossed = super::super::scratch::query(&scratch.superuser_url(), crossed).await;
            assert!(crossed.unwrap_err().starts_with("23503"));
        }
    }
}

/// The trap that the statements avoid: without what lifts FORCE, in whole or from the partitions, the same
/// migration does not find the reference.
#[tokio::test]
async fn bound_by_force_the_owner_would_find_no_reference() {
    for (tables, kept) in [(PLAIN, ""), (PARTITIONED, "_")] {
        let scratch = stage(tables, true).await;
        scratch.superuser_here("INSERT INTO comments VALUES (13, 'b', 1)").await;
        let up = plan(&scratch, &registry(Keys::Composite)).await.up_sql();
        // Of partitions the names have a `_`.
        let lifts = |line: &&str| line.contains(" NO FORCE ") && line.contains(kept);
        assert!(up.lines().any(|line| lifts(&line)), "{up}");
        let bound: Vec<_> = up.lines().filter(|line| !lifts(line)).collect();
        let bound =
            bound.join("\n").replace("SET LOCAL row_security = off", "SET LOCAL row_security = on");
        scratch.run("owner", &format!("BEGIN; {bound} COMMIT")).await;
        let crossed =
            "SELECT 1 FROM comments c JOIN posts p ON c.post = p.id AND c.owner <> p.tenant";
        assert_eq!(scratch.superuser_values(crossed).await, ["1"]);
    }
}

/// Until the transaction ends, nobody reads the tables.
#[tokio::test]
async fn no_scope_reads_while_force_is_lifted() {
    let scratch = stage(PLAIN, true).await;
    let app = scratch.role("app");
    let read = format!(
        "SET lock_timeout = '100ms'; SET ROLE {app}; SET tenants.tenant = 'a'; SELECT count(*) FROM comments"
    );
    assert_eq!(scratch.values("login", &read).await.unwrap(), ["1"]);
    let up = plan(&scratch, &registry(Keys::Composite)).await.up_sql();
    let (client, connection) =
        tokio_postgres::connect(&scratch.url("owner"), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(&format!("BEGIN; {up}")).await.unwrap();
    let refused = scratch.values("login", &read).await.unwrap_err();
    assert!(refused.starts_with("55P03"), "{refused}");
    client.batch_execute("COMMIT").await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    assert_eq!(scratch.values("login", &read).await.unwrap(), ["1"]);
}

/// What tenant b does, and whether it learns of a's rows or changes them.
async fn attacks(scratch: &Scratch) -> [bool; 4] {
    let app = scratch.role("app");
    let scoped = |sql: &str| {
        format!("BEGIN; SET LOCAL ROLE {app}; SET LOCAL tenants.tenant = 'b'; {sql}; ROLLBACK")
    };
    let as_b = async |sql: &str| scratch.values("login", &scoped(sql)).await;
    // An id and a mail address that a has.
    let id = as_b("INSERT INTO posts (id, email) VALUES (1, 'new@x')").await;
    let mail = as_b(
        "INSERT INTO posts (id, email) VALUES (21, 'a@x') ON CONFLICT {columns} DO UPDATE SET id = 22"
            .replace("{columns}", conflict(scratch).await).as_str(),
    )
    .await;
    let reference = as_b("INSERT INTO comments (id, post) VALUES (21, 1)").await;
    // b references a's row, if it may; then a deletes that.
    let crossed = format!(
        "BEGIN; SET LOCAL ROLE {app}; SET LOCAL tenants.tenant = 'b'; INSERT INTO comments (id, post) VALUES (21, 1);
        SET LOCAL tenants.tenant = 'a'; DELETE FROM posts WHERE id = 1;
        SET LOCAL tenants.tenant = 'b'; SELECT count(*) FROM comments WHERE id = 21; ROLLBACK"
    );
    let cascades = scratch.values("login", &crossed).await == Ok(vec!["0".into()]);
    [id.is_err(), mail.is_err(), reference.is_ok(), cascades]
}

/// What `ON CONFLICT` has to name.
async fn conflict(scratch: &Scratch) -> &'static str {
    let is_composite =
        "SELECT 1 FROM pg_constraint WHERE conname = 'posts_email_key' AND cardinality(conkey) = 2";
    if scratch.superuser_values(is_composite).await.is_empty() {
        "(email)"
    } else {
        "(tenant, email)"
    }
}

#[tokio::test]
async fn keys_tell_tenants_of_each_other_before_and_not_afterwards() {
    let scratch = stage(PLAIN, true).await;
    assert_eq!(attacks(&scratch).await, [true; 4], "before");
    let up = plan(&scratch, &registry(Keys::Composite)).await.up_sql();
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    assert_eq!(attacks(&scratch).await, [false; 4], "after");
}

/// A table that does not ask keeps its keys, and so does what it references.
#[tokio::test]
async fn only_tables_that_ask_change() {
    let scratch = stage(PLAIN, false).await;
    let tables = [
        composite(tagged::<posts::table, posts::tenant>()),
        tagged::<comments::table, comments::owner>(),
    ];
    let plan = plan(&scratch, &Registry::new(tables).unwrap()).await;
    let up = plan.up_sql();
    assert!(up.contains(r#"ADD CONSTRAINT "posts_email_key" UNIQUE ("tenant", email)"#), "{up}");
    assert!(!up.contains("posts_pkey") && !up.contains("comments_p"), "{up}");
}
