//! `tenants erase`.

use tokio_postgres::NoTls;

use super::{PROGRAM, ROWS, protect, rows, shop, tenants};
use crate::migrations::scratch::{Directory, Scratch, stderr, stdout};

async fn delete(shop: &Scratch, tenant: &str) {
    shop.run("owner", &format!("SELECT tenants.delete_tenant('{tenant}')")).await;
}

fn erase(shop: &Scratch, more: &[&str]) -> std::process::Output {
    tenants(shop, "support", &[&["erase", "a"], more].concat())
}

#[tokio::test]
async fn every_row_of_the_tenant_goes_and_no_other() {
    let shop = shop().await;
    delete(&shop, "a").await;
    let others = rows(&shop, "b").await;

    let counted = erase(&shop, &[]);
    let said = stderr(&counted, 2);
    assert!(said.contains("nothing was deleted, and 75 rows would be: pass `--yes`"), "{said}");
    assert!(said.contains(r#""public"."orders": 25 rows"#), "{said}");
    assert_eq!(rows(&shop, "a").await.map(|rows| rows.len()), ROWS);

    let erased = erase(&shop, &["--yes", "--batch", "4"]);
    assert_eq!(stdout(&erased), "Deleted 75 rows. None is left in any of 6 tables.\n");
    let said = stderr(&erased, 0);
    assert!(said.contains(r#""BackOffice"."odd ""names/": 20 rows"#), "{said}");
    assert!(rows(&shop, "a").await.iter().all(Vec::is_empty));
    assert_eq!(rows(&shop, "b").await, others);

    let nothing = "Deleted 0 rows. None is left in any of 6 tables.\n";
    assert_eq!(stdout(&erase(&shop, &["--yes"])), nothing);
    assert_eq!(stdout(&erase(&shop, &[])), nothing, "nothing to say yes to");
}

#[tokio::test]
async fn who_is_bound_by_policies_erases_nothing_and_hears_so() {
    let shop = shop().await;
    delete(&shop, "a").await;
    // What they would do otherwise: no row is deleted, and no error told.
    let delete = "WITH gone AS (DELETE FROM customers RETURNING 1) SELECT count(*) FROM gone";
    assert_eq!(shop.values("owner", delete).await.unwrap(), ["0"]);
    for part in ["owner", "login"] {
        let said = stderr(&tenants(&shop, part, &["erase", "a", "--yes"]), 1);
        assert!(said.contains("policies hide rows") && said.contains("--admin-login"), "{said}");
    }
    shop.run("owner", "ALTER POLICY tenants_admin ON folders USING (id > 3)").await;
    let said = stderr(&erase(&shop, &["--yes"]), 1);
    assert!(said.contains(r#"policies hide rows of "public"."folders""#), "{said}");
    assert_eq!(rows(&shop, "a").await.map(|rows| rows.len()), ROWS);
}

#[tokio::test]
async fn a_tenant_that_is_active_or_unknown_is_not_erased() {
    let shop = shop().await;
    let said = stderr(&erase(&shop, &["--yes"]), 1);
    assert!(said.contains("the tenant is active") && said.contains("delete it first"), "{said}");
    let said = stderr(&tenants(&shop, "support", &["erase", "nobody", "--yes"]), 1);
    assert!(said.contains("there is no such tenant"), "{said}");
    assert_eq!(rows(&shop, "a").await.map(|rows| rows.len()), ROWS);
}

#[tokio::test]
async fn what_was_interrupted_goes_on() {
    let shop = shop().await;
    delete(&shop, "a").await;
    let (locker, connection) = tokio_postgres::connect(&shop.superuser_url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    locker
        .batch_execute("BEGIN; SELECT FROM orders WHERE tenant = 'a' AND id = 25 FOR UPDATE")
        .await
        .unwrap();
    let url = format!("{}?options=-c%20lock_timeout%3D200ms", shop.url("support"));
    let admin = shop.role("admin");
    let arguments = ["erase", "a", "--yes", "--batch", "3", "--admin-role", &admin];
    let mut command = shop.command(PROGRAM, &arguments);
    let interrupted = command.env("DATABASE_URL", url).output().unwrap();
    let said = stderr(&interrupted, 1);
    assert!(said.contains("running this again goes on"), "{said}");
    let left: usize = rows(&shop, "a").await.iter().map(Vec::len).sum();
    assert!((1..75).contains(&left), "{left} rows are left");

    locker.batch_execute("ROLLBACK").await.unwrap();
    let said = stdout(&erase(&shop, &["--yes", "--batch", "3"]));
    assert_eq!(said, format!("Deleted {left} rows. None is left in any of 6 tables.\n"));
    assert!(rows(&shop, "a").await.iter().all(Vec::is_empty));
    drop(locker);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn rows_that_a_trigger_keeps_are_told() {
    let shop = shop().await;
    delete(&shop, "a").await;
    shop.run(
        "owner",
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER keep BEFORE DELETE ON folders FOR EACH ROW WHEN (OLD.id = 12) EXECUTE FUNCTION keep()",
    )
    .await;
    // Its parent has to stay, too.
    let said = stderr(&erase(&shop, &["--yes"]), 1);
    assert!(said.contains(r#"rows of "public"."folders" are referenced by others"#), "{said}");
    shop.run(
        "owner",
        r#"DROP TRIGGER keep ON folders;
        CREATE TRIGGER keep BEFORE DELETE ON "BackOffice"."odd ""names/" FOR EACH ROW
            WHEN (OLD.id = 9) EXECUTE FUNCTION keep()"#,
    )
    .await;
    // Without an order, so that nothing but the count tells.
    shop.superuser_here(r#"UPDATE "BackOffice"."odd ""names/" SET "the order" = NULL"#).await;
    delete(&shop, "b").await;
    let said = stderr(&tenants(&shop, "support", &["erase", "b", "--yes"]), 1);
    let left = r#"1 rows of the tenant are left in "BackOffice"."odd ""names/""#;
    assert!(said.contains(left), "{said}");
    assert_eq!(rows(&shop, "b").await.iter().map(Vec::len).sum::<usize>(), 1);
}

#[tokio::test]
async fn rows_of_others_are_never_touched_by_a_foreign_key() {
    let shop = shop().await;
    delete(&shop, "a").await;
    shop.run(
        "owner",
        "ALTER TABLE customers ADD COLUMN sole bigint GENERATED ALWAYS AS (CASE tenant WHEN 'a' THEN id ELSE -id END) STORED, ADD UNIQUE (sole);
        ALTER TABLE folders ADD COLUMN customer bigint REFERENCES customers (sole) ON DELETE CASCADE",
    )
    .await;
    shop.superuser_here("UPDATE folders SET customer = 3 WHERE tenant = 'b' AND id = 12").await;
    let others = rows(&shop, "b").await;
    let said = stderr(&erase(&shop, &["--yes"]), 1);
    assert!(
        said.contains(r#"rows of other tenants in "public"."folders" reference rows of this one in "public"."customers""#),
        "{said}"
    );
    assert_eq!(rows(&shop, "b").await, others);
    assert_eq!(rows(&shop, "a").await.map(|rows| rows.len()), ROWS, "nothing went");
    shop.superuser_here("UPDATE folders SET customer = -3 WHERE tenant = 'b' AND id = 12").await;
    let others = rows(&shop, "b").await;
    stdout(&erase(&shop, &["--yes"]));
    assert_eq!(rows(&shop, "b").await, others);

    // One that lets no row go is the server's to refuse, without the row.
    delete(&shop, "b").await;
    shop.superuser_here(
        "CREATE TABLE letters (customer bigint REFERENCES customers (sole)); INSERT INTO letters VALUES (-7)",
    )
    .await;
    let said = stderr(&tenants(&shop, "support", &["erase", "b", "--yes"]), 1);
    assert!(said.contains("are referenced by others") && !said.contains("-7"), "{said}");
}

#[tokio::test]
async fn another_login_proves_that_nothing_is_left() {
    let shop = shop().await;
    delete(&shop, "a").await;
    let auditor = shop.role("auditor");
    shop.superuser_here(&format!(
        "CREATE ROLE {auditor} LOGIN BYPASSRLS;
        GRANT USAGE ON SCHEMA \"BackOffice\" TO {auditor};
        GRANT SELECT ON ALL TABLES IN SCHEMA public, \"BackOffice\" TO {auditor}"
    ))
    .await;
    let (owner, auditor) = (shop.url("owner"), shop.url("auditor"));
    let said = stderr(&erase(&shop, &["--yes", "--proof-url", &owner]), 1);
    assert!(said.contains("policies hide rows"), "who is bound proves nothing: {said}");
    let said = stdout(&erase(&shop, &["--yes", "--proof-url", &auditor]));
    assert_eq!(said, "Deleted 0 rows. None is left in any of 6 tables.\n");
}

#[tokio::test]
async fn signed_scopes_change_nothing_for_the_admin_role() {
    let (shop, directory) = (shop().await, Directory::new());
    let mut key = shop.command(PROGRAM, &["key", "add"]);
    stdout(&key.output().unwrap());
    protect(&shop, &["--signing", "on"]).await;
    let others = rows(&shop, "b").await;
    let to = directory.join("a");
    let exported = tenants(&shop, "support", &["export", "a", "--to", to.to_str().unwrap()]);
    assert!(stdout(&exported).starts_with("Wrote 75 rows"));
    delete(&shop, "a").await;
    assert!(stdout(&erase(&shop, &["--yes"])).starts_with("Deleted 75 rows"));
    assert!(rows(&shop, "a").await.iter().all(Vec::is_empty));
    assert_eq!(rows(&shop, "b").await, others);
}
