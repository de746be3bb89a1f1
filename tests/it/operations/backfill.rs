//! `tenants backfill`.

use std::process::{Child, Output, Stdio};

use tokio_postgres::NoTls;

use super::{PROGRAM, protect};
use crate::migrations::scratch::{Scratch, stderr, stdout};

/// Tables whose rows have no tenants yet.
async fn live() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&["--admin-login", &scratch.role("support")]);
    scratch.run("owner", include_str!("backfill.sql")).await;
    scratch
}

fn backfill(scratch: &Scratch, arguments: &[&str]) -> Output {
    let arguments = [&["backfill"], arguments].concat();
    scratch.command(PROGRAM, &arguments).output().unwrap()
}

fn start(scratch: &Scratch, arguments: &[&str]) -> Child {
    let arguments = [&["backfill"], arguments].concat();
    let mut command = scratch.command(PROGRAM, &arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn count(scratch: &Scratch, table: &str, condition: &str) -> usize {
    let count = format!("SELECT count(*) FROM {table} WHERE {condition}");
    scratch.superuser_values(&count).await[0].parse().unwrap()
}

/// The rows that have a tenant, and where each is: one that is written again is elsewhere.
async fn places(scratch: &Scratch) -> Vec<String> {
    let places = "SELECT id || ' ' || tenant || ' ' || ctid FROM customers WHERE tenant IS NOT NULL ORDER BY id";
    scratch.superuser_values(places).await
}

const BY_ID: &str = "CASE id % 2 WHEN 0 THEN 'a' ELSE 'b' END";

#[tokio::test]
async fn every_row_gets_the_tenant_that_the_expression_names() {
    let scratch = live().await;
    scratch.run("owner", "UPDATE customers SET tenant = 'c' WHERE id = 1").await;
    let kept = places(&scratch).await;
    let by_name = "CASE customers.id % 2 WHEN 0 THEN 'a' ELSE 'b' END -- by the bare name";
    let filled = backfill(&scratch, &["customers", "--set", by_name, "--batch-size", "70"]);
    let said = "Filled in 2999 rows of \"public\".\"customers\". None is left without a tenant.\n";
    assert_eq!(stdout(&filled), said);
    let told = stderr(&filled, 0);
    assert!(
        told.contains(r#""public"."customers": pass 1 is done, 2999 rows filled in"#),
        "{told}"
    );
    assert_eq!(count(&scratch, "customers", "tenant = 'a' AND id % 2 = 0").await, 1500);
    assert_eq!(count(&scratch, "customers", "tenant = 'b' AND id % 2 = 1").await, 1499);
    assert_eq!(places(&scratch).await[0], kept[0]);

    let before = places(&scratch).await;
    let again = stdout(&backfill(&scratch, &["public.customers", "--set", BY_ID]));
    assert!(again.starts_with("Filled in 0 rows"), "{again}");
    assert_eq!(places(&scratch).await, before);

    let odd = r#""BackOffice"."odd ""names/""#;
    let set = r#"'t' || ("odd ""names/".id % 3)"#;
    stdout(&backfill(&scratch, &[odd, "--set", set, "--batch-size", "7"]));
    assert_eq!(count(&scratch, odd, r#""Tenant" = 't' || (id % 3)"#).await, 100);
}

#[tokio::test]
async fn the_tenant_comes_from_the_row_that_a_key_references() {
    let scratch = live().await;
    stdout(&backfill(&scratch, &["customers", "--set", BY_ID]));
    let through = ["orders", "--through", "the customer", "--batch-size", "300"];
    let said = stdout(&backfill(&scratch, &through));
    assert!(said.starts_with(r#"Filled in 2000 rows of "public"."orders""#), "{said}");
    let right = "(customer_id % 2 = 0 AND tenant = 'a') OR (customer_id % 2 = 1 AND tenant = 'b')";
    assert_eq!(count(&scratch, "orders", right).await, 2000);
    // One level with each pass, at least.
    let said = stdout(&backfill(&scratch, &["folders", "--through", "parent"]));
    assert!(said.starts_with("Filled in 99 rows"), "{said}");
    assert_eq!(count(&scratch, "folders", "tenant = 'a'").await, 100);
}

#[tokio::test]
async fn rows_that_the_expression_leaves_out_are_counted() {
    let scratch = live().await;
    let set = "CASE WHEN id <= 2990 THEN 'a' END";
    let said = stderr(&backfill(&scratch, &["customers", "--set", set]), 1);
    assert!(
        said.contains("2990 rows were filled in, and 10 rows of \"public\".\"customers\""),
        "{said}"
    );
    assert!(said.contains("NULL for them"), "{said}");
    // Without a customer there is none.
    scratch.run("owner", "UPDATE orders SET customer_id = NULL WHERE id IN (7, 1007)").await;
    let said = stderr(&backfill(&scratch, &["orders", "--through", "the customer"]), 1);
    assert!(
        said.contains("2 rows of") || said.contains("rows of \"public\".\"orders\" are left"),
        "{said}"
    );
    assert_eq!(count(&scratch, "orders", "customer_id IS NULL AND tenant IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_command_that_was_killed_goes_on_and_writes_no_row_twice() {
    let scratch = live().await;
    let slow = ["customers", "--set", BY_ID, "--batch-size", "50", "--pause", "20ms"];
    let mut killed = start(&scratch, &slow);
    scratch.until("SELECT 1 FROM customers WHERE tenant IS NOT NULL OFFSET 300").await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    // Its session may have a batch to end.
    scratch.superuser_here(
        "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND query LIKE '%customers%') LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$",
    ).await;
    let before = places(&scratch).await;
    assert!((300..3000).contains(&before.len()), "{}", before.len());
    let said = stdout(&backfill(&scratch, &["customers", "--set", BY_ID]));
    assert!(said.starts_with(&format!("Filled in {} rows", 3000 - before.len())), "{said}");
    let after = places(&scratch).await;
    assert_eq!(after.len(), 3000);
    assert!(before.iter().all(|row| after.contains(row)));
}

#[tokio::test]
async fn who_writes_meanwhile_neither_waits_nor_is_overwritten() {
    let scratch = live().await;
    let (writer, connection) = tokio_postgres::connect(&scratch.url("owner"), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    // Locked: one that gets its tenant here, and one that stays as it is.
    let locked = "BEGIN; UPDATE customers SET tenant = 'own' WHERE id = 5; UPDATE customers SET name = 'x' WHERE id = 6";
    writer.batch_execute(locked).await.unwrap();
    let running = start(&scratch, &["customers", "--set", BY_ID, "--batch-size", "100"]);
    // All others have theirs, while the two are locked.
    scratch.until("SELECT 1 FROM customers WHERE tenant IS NOT NULL OFFSET 2997").await;
    // New rows without a tenant, and one that the writer of the first transaction deletes.
    scratch
        .run("owner", "SET lock_timeout = '1ms'; INSERT INTO customers SELECT i, NULL, 'new' FROM generate_series(3001, 3100) AS i")
        .await;
    writer.batch_execute("DELETE FROM customers WHERE id = 3000; COMMIT").await.unwrap();
    let said = stdout(&running.wait_with_output().unwrap());
    assert!(said.contains("None is left without a tenant"), "{said}");
    assert_eq!(count(&scratch, "customers", "tenant = 'own' AND id = 5").await, 1);
    assert_eq!(count(&scratch, "customers", "tenant = 'a' AND id = 6 AND name = 'x'").await, 1);
    assert_eq!(count(&scratch, "customers", "tenant IS NOT NULL").await, 3099);
    drop(writer);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_table_that_is_locked_is_waited_for_without_holding_others_up() {
    let scratch = live().await;
    let (locker, connection) = tokio_postgres::connect(&scratch.url("owner"), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    // Rows can be read, and not written.
    locker.batch_execute("BEGIN; LOCK TABLE customers IN SHARE MODE").await.unwrap();
    let running = start(&scratch, &["customers", "--set", BY_ID]);
    // It has given up at least once, and comes again.
    let waits = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'customers'::regclass";
    scratch.until(waits).await;
    let gone = "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'customers'::regclass)";
    scratch.until(gone).await;
    scratch.until(waits).await;
    locker.batch_execute("COMMIT").await.unwrap();
    let said = stdout(&running.wait_with_output().unwrap());
    assert!(said.starts_with("Filled in 3000 rows"), "{said}");
    drop(locker);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_is_bound_by_policies_fills_in_nothing_and_hears_so() {
    let scratch = Scratch::new().await;
    scratch.set_up(&["--admin-login", &scratch.role("support")]);
    scratch.run("owner", include_str!("tables.sql")).await;
    protect(&scratch, &[]).await;
    scratch.superuser_here(include_str!("rows.sql")).await;
    let nullable = "ALTER TABLE employees DROP CONSTRAINT employees_pkey CASCADE;
        ALTER TABLE employees ALTER tenant DROP NOT NULL; UPDATE employees SET tenant = NULL";
    scratch.superuser_here(nullable).await;
    // What would happen otherwise: no row is found, and no error told.
    let update = "WITH filled AS (UPDATE employees SET tenant = 'a' RETURNING 1) SELECT count(*) FROM filled";
    assert_eq!(scratch.values("owner", update).await.unwrap(), ["0"]);
    let said = stderr(&backfill(&scratch, &["employees", "--set", "'a'"]), 1);
    assert!(said.contains(r#"policies hide rows of "public"."employees""#), "{said}");
    assert_eq!(count(&scratch, "employees", "tenant IS NULL").await, 12);
    let mut admitted = scratch.command(PROGRAM, &["backfill", "employees", "--set", "'a'"]);
    stdout(&admitted.env("DATABASE_URL", scratch.superuser_url()).output().unwrap());
    assert_eq!(count(&scratch, "employees", "tenant = 'a'").await, 12);
}

#[tokio::test]
async fn policies_that_come_in_between_end_it() {
    let scratch = live().await;
    let slow = ["customers", "--set", BY_ID, "--batch-size", "50", "--pause", "20ms"];
    let running = start(&scratch, &slow);
    scratch.until("SELECT 1 FROM customers WHERE tenant IS NOT NULL OFFSET 100").await;
    scratch
        .run("owner", "ALTER TABLE customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        .await;
    let said = stderr(&running.wait_with_output().unwrap(), 1);
    assert!(said.contains("policies hide rows"), "{said}");
    assert!(count(&scratch, "customers", "tenant IS NULL").await > 0);
}

#[tokio::test]
async fn what_is_in_the_way_is_said_with_its_remedy() {
    let scratch = live().await;
    let refused = |arguments: &[&str], code, expected: &[&str]| {
        let said = stderr(&backfill(&scratch, arguments), code);
        for expected in expected {
            assert!(said.contains(expected), "{said}");
        }
    };
    let set = |table, value| [table, "--set", value];
    refused(&set("strangers", "'a'"), 2, &["no tagged table is called `strangers`"]);
    refused(&set("plans", "'a'"), 2, &["all tenants share the rows"]);
    refused(
        &set("departments", "'a'"),
        1,
        &["has no column `tenant` yet", "--online", "ADD COLUMN \"tenant\" text"],
    );
    refused(&set("employees", "'a'"), 1, &["registered as text, but is integer"]);
    refused(&set("customers", " "), 2, &["an expression is"]);
    refused(&["customers"], 2, &["--set"]);
    refused(&["customers", "--set", "'a'", "--through", "x"], 2, &["cannot be used with"]);
    refused(&["orders", "--through", "x"], 1, &["no foreign key `x`", "it has `the customer`"]);
    refused(&["customers", "--through", "x"], 1, &["it has none at all"]);
    for (value, message) in [
        ("no_such_column", "does not exist"),
        ("'a'); DROP TABLE folders; --", "syntax error"),
        ("id / 0", "division by zero"),
        ("1 +", "syntax error"),
    ] {
        refused(&set("customers", value), 1, &["could not be filled in", message]);
    }
    scratch.run("owner", "DROP TABLE departments").await;
    refused(&set("departments", "'a'"), 1, &["does not exist"]);
    assert_eq!(count(&scratch, "customers", "tenant IS NULL").await, 3000);
    assert_eq!(count(&scratch, "folders", "true").await, 100);
}

#[tokio::test]
async fn an_error_shows_no_row() {
    let scratch = live().await;
    scratch.run("owner", "ALTER TABLE customers ADD CHECK (tenant <> 'secret')").await;
    let set = "CASE id WHEN 1 THEN 'secret' ELSE 'a' END";
    let said = stderr(&backfill(&scratch, &["customers", "--set", set]), 1);
    assert!(said.contains("customers_tenant_check") && !said.contains("secret"), "{said}");
}

/// Scoped code writes meanwhile, and what fills in the rest is recorded as nobody's mistake.
#[tokio::test]
async fn observed_tables_are_filled_in_by_the_login_for_cross_tenant_work() {
    let scratch = live().await;
    let fit =
        "ALTER TABLE departments ADD tenant text; ALTER TABLE employees ALTER tenant TYPE text";
    scratch.run("owner", fit).await;
    protect(&scratch, &["--observe"]).await;
    let said = stderr(&backfill(&scratch, &["customers", "--set", BY_ID]), 1);
    assert!(said.contains("policies hide rows"), "{said}");
    let url = format!("{}?options=-c%20role%3D{}", scratch.url("support"), scratch.role("admin"));
    let arguments = ["backfill", "customers", "--set", BY_ID, "--database-url", &url];
    stdout(&scratch.command(PROGRAM, &arguments).output().unwrap());
    assert_eq!(count(&scratch, "customers", "tenant IS NULL").await, 0);
    assert_eq!(count(&scratch, "tenants.observation", "true").await, 0);
}

#[tokio::test]
async fn a_table_that_inherits_from_the_referenced_one_is_not_referenced() {
    let scratch = live().await;
    let heir = "UPDATE customers SET tenant = 'a'; CREATE TABLE former () INHERITS (customers);
        DELETE FROM customers WHERE id > 2000;
        INSERT INTO former SELECT i, 'wrong', 'former' FROM generate_series(1, 3000) AS i";
    scratch.run("owner", &format!("DELETE FROM orders WHERE customer_id > 2000; {heir}")).await;
    let said = stdout(&backfill(&scratch, &["orders", "--through", "the customer"]));
    assert!(said.starts_with("Filled in 1999 rows"), "{said}");
    assert_eq!(count(&scratch, "orders", "tenant = 'a'").await, 1999);
}

#[tokio::test]
async fn an_expression_reads_all_rows_of_other_tables_or_none() {
    let scratch = live().await;
    let enforced = "UPDATE customers SET tenant = 'a';
        ALTER TABLE customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY";
    scratch.run("owner", enforced).await;
    let set =
        "coalesce((SELECT c.tenant FROM customers c WHERE c.id = orders.customer_id), 'legacy')";
    let arguments = ["backfill", "orders", "--set", set];
    let said = stderr(&backfill(&scratch, &arguments[1..]), 1);
    assert!(said.contains("connect as a role that no policy binds"), "{said}");
    assert_eq!(count(&scratch, "orders", "tenant IS NOT NULL").await, 0);
    let mut admitted = scratch.command(PROGRAM, &arguments);
    stdout(&admitted.env("DATABASE_URL", scratch.superuser_url()).output().unwrap());
    assert_eq!(count(&scratch, "orders", "tenant = 'a'").await, 2000);
}

#[tokio::test]
async fn rows_with_another_tenant_than_the_referenced_one_are_counted() {
    let scratch = live().await;
    scratch.run("owner", "UPDATE customers SET tenant = 'a'").await;
    let (writer, connection) = tokio_postgres::connect(&scratch.url("owner"), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    // Its tenant is about to change: who references it waits for what comes of that.
    let moves = "BEGIN; UPDATE customers SET tenant = 'b' WHERE id = 5";
    writer.batch_execute(moves).await.unwrap();
    let running = start(&scratch, &["orders", "--through", "the customer"]);
    scratch.until("SELECT 1 FROM orders WHERE tenant IS NOT NULL OFFSET 1998").await;
    // Another one changes after its reference has been filled in.
    writer.batch_execute("UPDATE customers SET tenant = 'c' WHERE id = 9; COMMIT").await.unwrap();
    let said = stderr(&running.wait_with_output().unwrap(), 1);
    assert!(said.contains("2000 rows were filled in, and 1 rows of"), "{said}");
    assert!(said.contains("have another tenant"), "{said}");
    assert_eq!(count(&scratch, "orders", "customer_id = 5 AND tenant = 'b'").await, 1);
    drop(writer);
    connection.await.unwrap().unwrap();
}
