//! `tenants export`, and the way back.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Stdio;

use futures_util::SinkExt;
use serde_json::Value;
use tokio_postgres::NoTls;

use super::{PROGRAM, TABLES, rows, shop, tenants};
use crate::migrations::scratch::{Directory, Scratch, stderr, stdout};

fn manifest(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("manifest.json")).unwrap()).unwrap()
}

/// Takes an export back, in one transaction, as docs/OPERATIONS.md says.
async fn import(scratch: &Scratch, directory: &Path) {
    let (mut client, connection) =
        tokio_postgres::connect(&scratch.url("owner"), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let transaction = client.transaction().await.unwrap();
    for (table, _) in TABLES {
        let lift = format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY");
        transaction.batch_execute(&lift).await.unwrap();
    }
    transaction.batch_execute("SET CONSTRAINTS ALL DEFERRED").await.unwrap();
    for table in manifest(directory)["tables"].as_array().unwrap() {
        let copy = table["import"].as_str().unwrap();
        let mut sink = Box::pin(transaction.copy_in::<_, Cursor<Vec<u8>>>(copy).await.unwrap());
        let file = fs::read(directory.join(table["file"].as_str().unwrap())).unwrap();
        sink.send(Cursor::new(file)).await.unwrap();
        let imported = sink.as_mut().finish().await.unwrap();
        assert_eq!(table["rows"].as_u64().unwrap(), imported, "{copy}");
    }
    transaction.batch_execute("SET CONSTRAINTS ALL IMMEDIATE").await.unwrap();
    for (table, _) in TABLES {
        let force = format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY");
        transaction.batch_execute(&force).await.unwrap();
    }
    transaction.commit().await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_export_holds_the_tenants_rows_alone_and_comes_back_equal() {
    let (shop, directory) = (shop().await, Directory::new());
    let to = directory.join("a");
    let exported = tenants(&shop, "support", &["export", "a", "--to", to.to_str().unwrap()]);
    let said = stdout(&exported);
    assert!(said.starts_with("Wrote 75 rows of 6 tables to "), "{said}");
    let progress = stderr(&exported, 0);
    assert_eq!(progress.lines().count(), 6, "{progress}");
    assert!(progress.contains(r#""public"."orders": 25 rows"#), "{progress}");

    let manifest = manifest(&to);
    assert_eq!((&manifest["version"], &manifest["tenant"]), (&1.into(), &"a".into()));
    let files: Vec<_> = manifest["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["file"].as_str().unwrap())
        .collect();
    let place = |name: &str| files.iter().position(|file| *file == name).unwrap();
    let odd = "%42ack%4Fffice/odd%20%22names%2F.copy";
    assert!(place("public/customers.copy") < place("public/orders.copy"));
    assert!(place("public/orders.copy") < place(odd));
    let columns = &manifest["tables"][place("public/customers.copy")]["columns"];
    assert_eq!(*columns, serde_json::json!(["tenant", "id", "name", "born"]), "none is generated");
    for file in files {
        let text = fs::read_to_string(to.join(file)).unwrap();
        assert!(text.lines().all(|line| line.split('\t').any(|value| value == "a")), "{text}");
    }

    let before = rows(&shop, "a").await;
    let empty = shop.copy().await;
    let tables = TABLES.map(|(table, _)| table).join(", ");
    empty.superuser_here(&format!("TRUNCATE {tables}")).await;
    import(&empty, &to).await;
    assert_eq!(rows(&empty, "a").await, before);
    assert!(rows(&empty, "b").await.iter().all(Vec::is_empty));
    // FORCE is back, so the owner sees nothing.
    assert_eq!(empty.values("owner", "SELECT id FROM customers").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_policy_that_changes_meanwhile_counts() {
    let (shop, directory) = (shop().await, Directory::new());
    let locker = tokio_postgres::connect(&shop.url("owner"), NoTls).await.unwrap();
    let connection = tokio::spawn(locker.1);
    // The export waits for this lock and has read no row.
    locker.0.batch_execute("BEGIN; LOCK TABLE orders").await.unwrap();
    let to = directory.join("a");
    let admin = shop.role("admin");
    let arguments = ["export", "a", "--to", to.to_str().unwrap(), "--admin-role", &admin];
    let mut command = shop.command(PROGRAM, &arguments);
    let export =
        command.env("DATABASE_URL", shop.url("support")).stderr(Stdio::piped()).spawn().unwrap();
    shop.until("SELECT 1 FROM pg_locks WHERE relation = 'orders'::regclass AND NOT granted").await;
    locker.0.batch_execute("DROP POLICY tenants_admin ON orders; COMMIT").await.unwrap();
    let refused = export.wait_with_output().unwrap();
    let said = stderr(&refused, 1);
    assert!(said.contains(r#"policies hide rows of "public"."orders""#), "{said}");
    assert!(!to.exists());
    drop(locker.0);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_is_bound_by_policies_exports_nothing_at_all() {
    let (shop, directory) = (shop().await, Directory::new());
    let to = directory.join("a");
    let export = |part: &str| tenants(&shop, part, &["export", "a", "--to", to.to_str().unwrap()]);
    // The owner may read every table, and under FORCE reads no row.
    let seen = shop.values("owner", "SELECT count(*) FROM customers").await;
    assert_eq!(seen.unwrap(), ["0"]);
    for part in ["owner", "login"] {
        let said = stderr(&export(part), 1);
        assert!(said.contains("policies hide rows") && said.contains("--admin-login"), "{said}");
    }
    for fault in [
        "DROP POLICY tenants_admin ON orders",
        "ALTER POLICY tenants_admin ON orders USING (id > 3)",
        "CREATE POLICY more ON orders AS RESTRICTIVE USING (id > 3)",
    ] {
        let faulty = shop.copy().await;
        faulty.run("owner", fault).await;
        let arguments = ["export", "a", "--to", to.to_str().unwrap()];
        let said = stderr(&tenants(&faulty, "support", &arguments), 1);
        assert!(said.contains(r#"policies hide rows of "public"."orders""#), "{fault}: {said}");
        faulty.remove().await;
    }
    assert!(!to.exists(), "nothing was written");
    stdout(&export("support"));
}

#[tokio::test]
async fn what_cannot_be_exported_is_told() {
    let (shop, directory) = (shop().await, Directory::new());
    let to = directory.join("a");
    let export =
        |tenant: &str| tenants(&shop, "support", &["export", tenant, "--to", to.to_str().unwrap()]);
    let said = stderr(&export("nobody"), 1);
    assert!(said.contains("there is no such tenant"), "{said}");
    let said = stderr(&export(""), 2);
    assert!(said.contains("must not be empty"), "{said}");

    fs::create_dir(&to).unwrap();
    let said = stderr(&export("a"), 1);
    assert!(said.contains("cannot be written"), "{said}");
    fs::remove_dir(&to).unwrap();

    shop.run("owner", "CREATE TABLE vip () INHERITS (customers)").await;
    let said = stderr(&export("a"), 1);
    assert!(said.contains("public.vip inherit"), "{said}");
    shop.run("owner", "DROP TABLE vip; DROP TABLE folders").await;
    let said = stderr(&export("a"), 1);
    assert!(said.contains(r#""public"."folders" is registered but does not exist"#), "{said}");
    assert!(!to.exists());
}
