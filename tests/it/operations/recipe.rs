//! `pg_dump` and `pg_restore` under FORCE, as docs/OPERATIONS.md describes them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use tenants_diesel::{Registry, TenantId, TenantPool};
use tenants_tests::schema::per_tenant;
use throwaway::Server;

use super::{PROGRAM, ROWS, TABLES, rows, rows_at, shop, tenants};
use crate::migrations::scratch::{Directory, Scratch, query, stdout};

diesel::table! {
    customers (tenant, id) {
        tenant -> Text,
        id -> BigInt,
        name -> Text,
    }
}

/// One of the server's programs, with what it connects to.
fn program(name: &str, url: &str) -> Command {
    let mut command = Command::new(Scratch::server().programs().bin(name));
    command.arg("--dbname").arg(url).env("LC_ALL", "C");
    command
}

fn dump(url: &str, more: &[&str]) -> Output {
    program("pg_dump", url).args(more).output().unwrap()
}

/// A dump in the custom format.
fn dump_to(url: &str, file: &Path, more: &[&str]) {
    let file = file.to_str().unwrap();
    stdout(&dump(url, &[&["--format", "custom", "--file", file], more].concat()));
}

fn restore(url: &str, file: &Path, more: &[&str]) -> Output {
    program("pg_restore", url).args(more).arg(file).output().unwrap()
}

/// The role that makes backups.
async fn dumper(shop: &Scratch) -> String {
    let role = shop.role("dumper");
    let create = format!("CREATE ROLE {role} LOGIN BYPASSRLS; GRANT pg_read_all_data TO {role}");
    shop.superuser(&create).await;
    shop.url("dumper")
}

#[tokio::test]
async fn the_owners_dump_fails_or_is_empty() {
    let shop = shop().await;
    let owner = shop.url("owner");
    assert!(!dump(&owner, &[]).status.success());

    let silent = stdout(&dump(&owner, &["--enable-row-security", "--inserts"]));
    assert!(silent.contains("INSERT INTO public.plans"), "{silent}");
    assert!(silent.contains("CREATE TABLE public.customers"), "{silent}");
    assert!(!silent.contains("INSERT INTO public.customers"), "no row, and no error");
    // A role for backups that policies bind does no better.
    let dumper = dumper(&shop).await;
    shop.superuser(&format!("ALTER ROLE {} NOBYPASSRLS", shop.role("dumper"))).await;
    assert!(!dump(&dumper, &[]).status.success());

    shop.superuser(&format!("ALTER ROLE {} BYPASSRLS", shop.role("dumper"))).await;
    let all = stdout(&dump(&dumper, &["--inserts", "--table", "public.customers"]));
    assert_eq!(all.matches("INSERT INTO public.customers").count(), 2 * ROWS[0]);
}

#[tokio::test]
async fn a_dump_needs_set_config() {
    let shop = shop().await;
    let dumper = dumper(&shop).await;
    let set_config = "EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean)";
    shop.superuser_here(&format!("REVOKE {set_config} FROM PUBLIC")).await;
    assert!(!dump(&dumper, &[]).status.success());
    shop.superuser_here(&format!("GRANT {set_config} TO {}", shop.role("dumper"))).await;
    stdout(&dump(&dumper, &[]));
}

/// Another cluster, with the roles that its administrator makes, and an empty database.
async fn another_cluster(shop: &Scratch) -> Server {
    let server = Server::start().unwrap();
    let superuser = server.superuser_url("postgres");
    let [owner, login, support] = ["owner", "login", "support"].map(|part| shop.role(part));
    let logins = format!(
        "CREATE ROLE {owner} LOGIN CREATEROLE;
        CREATE ROLE {login} LOGIN NOINHERIT;
        CREATE ROLE {support} LOGIN NOINHERIT"
    );
    query(&superuser, &logins).await.unwrap();
    for database in ["shop", "again"] {
        query(&superuser, &format!("CREATE DATABASE {database} OWNER {owner}")).await.unwrap();
    }
    server
}

/// `tenants setup` of the same roles, with what is to be added.
fn set_up(shop: &Scratch, url: &str, more: &[&str]) -> String {
    let (login, support, roles) = (shop.role("login"), shop.role("support"), shop.role_args());
    let mut arguments = vec!["setup", "--login", &login, "--admin-login", &support];
    arguments.extend(roles.iter().map(String::as_str).chain(more.iter().copied()));
    let mut command = shop.command(PROGRAM, &arguments);
    stdout(&command.env("DATABASE_URL", url).output().unwrap())
}

#[tokio::test]
async fn a_dump_is_restored_into_another_cluster_and_tenants_stay_apart() {
    let (shop, directory) = (shop().await, Directory::new());
    let file = directory.join("shop.dump");
    dump_to(&dumper(&shop).await, &file, &[]);
    let server = another_cluster(&shop).await;
    let superuser = server.superuser_url("shop");

    // Roles are not in the dump, and without them nothing of it is restored.
    let safely = ["--single-transaction", "--exit-on-error"];
    assert!(!restore(&superuser, &file, &safely).status.success());
    let there = query(&superuser, "SELECT 1 FROM pg_tables WHERE tablename = 'customers'").await;
    assert_eq!(there.unwrap(), [""; 0]);

    let careless = server.superuser_url("again");
    assert!(!restore(&careless, &file, &[]).status.success());
    let policies =
        "SELECT 1 FROM pg_policies WHERE policyname IN ('tenants_guard', 'tenants_admin')";
    assert_eq!(query(&careless, policies).await.unwrap(), [""; 0]);
    assert_eq!(rows_at(&careless, "a").await.map(|rows| rows.len()), ROWS, "the rest is there");

    let roles = set_up(&shop, &superuser, &["--print"]);
    query(&superuser, &roles).await.unwrap();
    stdout(&restore(&superuser, &file, &safely));
    for tenant in ["a", "b"] {
        let before = rows(&shop, tenant).await;
        assert_eq!(before.clone().map(|rows| rows.len()), ROWS);
        assert_eq!(rows_at(&superuser, tenant).await, before);
    }
    // What belongs to the database itself is not in the dump either.
    let owner = server.url(&shop.role("owner"), "shop");
    set_up(&shop, &owner, &[]);
    let seen = query(&owner, "SELECT count(*) FROM customers").await.unwrap();
    assert_eq!(seen, ["0"], "FORCE came along");

    let (login, roles) = (shop.role("login"), shop.role_args());
    let mut doctor = vec!["doctor", "--data", "--login", &login, "--fail-on", "critical"];
    doctor.extend(roles.iter().map(String::as_str));
    let mut doctor = shop.command(PROGRAM, &doctor);
    stdout(&doctor.env("DATABASE_URL", &superuser).output().unwrap());

    let [login, support] = ["login", "support"].map(|part| server.url(&shop.role(part), "shop"));
    let registry = Registry::new([per_tenant::<customers::table, customers::tenant>()]).unwrap();
    let pool = TenantPool::builder(login).admin_url(support).roles(shop.roles());
    let pool = pool.registry(registry).build().await.unwrap();
    for tenant in ["a", "b"] {
        let mut conn = pool.get(&TenantId::try_from(tenant).unwrap()).await.unwrap();
        let mine = customers::table.select(customers::tenant).load::<String>(&mut conn).await;
        assert_eq!(mine.unwrap(), vec![tenant; ROWS[0]]);
        let theirs = customers::table.filter(customers::tenant.ne(tenant));
        let renamed = diesel::update(theirs).set(customers::name.eq("gone"));
        assert_eq!(renamed.execute(&mut conn).await, Ok(0));
    }
}

#[tokio::test]
async fn the_owner_restores_into_an_empty_database() {
    let (shop, directory) = (shop().await, Directory::new());
    let file = directory.join("shop.dump");
    dump_to(&dumper(&shop).await, &file, &[]);
    // Nothing can be read before it is protected, and no foreign key is checked in vain.
    let mut script = Command::new(Scratch::server().programs().bin("pg_restore"));
    let script = stdout(&script.arg("--file=-").arg(&file).output().unwrap());
    let last = |text: &str| script.rfind(text).unwrap();
    let first = |text: &str| script.find(text).unwrap();
    assert!(last("\nCOPY public.") < first("ENABLE ROW LEVEL SECURITY"));
    assert!(last("FOREIGN KEY (") < first("ENABLE ROW LEVEL SECURITY"));
    assert!(last("CREATE POLICY") < first("ON TABLE public.customers TO"));
    assert!(last("ENABLE ROW LEVEL SECURITY") < first("ON TABLE public.customers TO"));

    let server = another_cluster(&shop).await;
    let (superuser, owner) =
        (server.superuser_url("again"), server.url(&shop.role("owner"), "again"));
    query(&superuser, &set_up(&shop, &superuser, &["--print"])).await.unwrap();
    stdout(&restore(&owner, &file, &["--no-owner", "--single-transaction", "--exit-on-error"]));
    for tenant in ["a", "b"] {
        assert_eq!(rows_at(&superuser, tenant).await, rows(&shop, tenant).await);
    }
}

#[tokio::test]
async fn rows_alone_are_restored_by_whom_no_policy_binds() {
    let (shop, directory) = (shop().await, Directory::new());
    let file = directory.join("rows.dump");
    // Patterns are folded to lower case, and one that finds nothing is no error where another one finds.
    let tables = ["--data-only", "--schema", "public", "--schema", "\"BackOffice\""];
    dump_to(&dumper(&shop).await, &file, &tables);
    let empty = shop.copy().await;
    let names = TABLES.map(|(table, _)| table).join(", ");
    empty.superuser_here(&format!("TRUNCATE plans, {names}")).await;
    for more in [&["--exit-on-error"][..], &["--exit-on-error", "--enable-row-security"]] {
        assert!(!restore(&empty.url("owner"), &file, more).status.success(), "{more:?}");
    }
    assert!(rows(&empty, "a").await.iter().all(Vec::is_empty));
    // Tables that reference each other take `--disable-triggers`, and a superuser.
    let safely = ["--single-transaction", "--exit-on-error", "--disable-triggers"];
    stdout(&restore(&empty.superuser_url(), &file, &safely));
    for tenant in ["a", "b"] {
        assert_eq!(rows(&empty, tenant).await, rows(&shop, tenant).await);
    }
}

#[tokio::test]
async fn under_force_the_owner_validates_no_foreign_key() {
    let shop = shop().await;
    // As `--disable-triggers` and a file of one table leave it.
    shop.superuser_here(
        "SET session_replication_role = replica; DELETE FROM customers WHERE tenant = 'a' AND id = 2",
    )
    .await;
    let drop = "ALTER TABLE orders DROP CONSTRAINT orders_tenant_customer_id_fkey";
    let add = "ALTER TABLE orders ADD CONSTRAINT orders_tenant_customer_id_fkey
        FOREIGN KEY (tenant, customer_id) REFERENCES customers";
    shop.run("owner", drop).await;
    shop.run("owner", add).await;
    let orphans = "SELECT o.id FROM orders AS o LEFT JOIN customers AS c
        ON (c.tenant, c.id) = (o.tenant, o.customer_id) WHERE c.id IS NULL";
    let validated = "SELECT bool_and(convalidated) FROM pg_constraint WHERE conname = 'orders_tenant_customer_id_fkey'";
    assert_ne!(shop.superuser_values(orphans).await, [""; 0]);
    assert_eq!(shop.superuser_values(validated).await, ["t"], "and says that it did");

    // Of the partitions, too: each of them is checked by itself.
    let lifted = ["customers", "orders", "orders_low", "orders_high"];
    let lift = lifted.map(|table| format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"));
    let truly = [drop, &lift.join("; "), add].join("; ");
    let refused = shop.values("owner", &truly).await.unwrap_err();
    assert!(refused.starts_with("23503"), "{refused}");
}

#[tokio::test]
async fn an_export_comes_back_through_psql() {
    let (shop, directory) = (shop().await, Directory::new());
    let to = directory.join("a");
    stdout(&tenants(&shop, "support", &["export", "a", "--to", to.to_str().unwrap()]));
    let manifest: Value =
        serde_json::from_slice(&fs::read(to.join("manifest.json")).unwrap()).unwrap();
    let mut script = "BEGIN; SET CONSTRAINTS ALL DEFERRED;\n".to_owned();
    for table in manifest["tables"].as_array().unwrap() {
        let rows = fs::read_to_string(to.join(table["file"].as_str().unwrap())).unwrap();
        script.push_str(&format!("{};\n{rows}\\.\n", table["import"].as_str().unwrap()));
    }
    script.push_str("COMMIT;\n");
    fs::write(directory.join("import.sql"), script).unwrap();

    let empty = shop.copy().await;
    let names = TABLES.map(|(table, _)| table).join(", ");
    empty.superuser_here(&format!("TRUNCATE {names}")).await;
    let importer = empty.role("importer");
    let create =
        format!("CREATE ROLE {importer} LOGIN BYPASSRLS; GRANT pg_write_all_data TO {importer}");
    empty.superuser(&create).await;
    let psql = |part: &str| {
        let mut psql = program("psql", &empty.url(part));
        psql.args(["--no-psqlrc", "--set", "ON_ERROR_STOP=1"]).env("PGCLIENTENCODING", "UTF8");
        psql.stdin(Stdio::from(fs::File::open(directory.join("import.sql")).unwrap()));
        psql.output().unwrap()
    };
    assert!(!psql("owner").status.success(), "COPY does not go through policies");
    stdout(&psql("importer"));
    assert_eq!(rows(&empty, "a").await, rows(&shop, "a").await);
}
