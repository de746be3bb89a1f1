//! What operators do across all scopes, and what binds them all the same.

mod backfill;
mod completion;
mod erase;
mod export;
#[cfg(feature = "translations")]
mod recipe;
mod tenant;

use std::fs;
use std::process::Output;

use crate::migrations::scratch::{Directory, Scratch, query, stdout};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenants_operations");

/// All tables of tenants, and the tenant column of each.
const TABLES: [(&str, &str); 6] = [
    ("customers", "tenant"),
    ("orders", "tenant"),
    (r#""BackOffice"."odd ""names/""#, r#""Tenant""#),
    ("folders", "tenant"),
    ("departments", "tenant"),
    ("employees", "tenant"),
];
/// How many rows each of the tenants has in them.
const ROWS: [usize; 6] = [9, 25, 20, 12, 3, 6];

/// A database with protected tables, and two tenants with rows in all of them.
async fn shop() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&["--admin-login", &scratch.role("support")]);
    scratch.run("owner", include_str!("tables.sql")).await;
    protect(&scratch, &[]).await;
    scratch.superuser_here(include_str!("rows.sql")).await;
    for tenant in ["a", "b"] {
        scratch.run("owner", &format!("SELECT tenants.create_tenant('{tenant}')")).await;
    }
    for tenant in ["a", "b"] {
        assert_eq!(rows(&scratch, tenant).await.map(|rows| rows.len()), ROWS);
    }
    scratch
}

/// Applies what `tenants migration generate` writes.
async fn protect(scratch: &Scratch, more: &[&str]) {
    let directory = Directory::new();
    fs::create_dir(directory.join("migrations")).unwrap();
    let roles = scratch.role_args();
    let mut arguments = vec!["migration", "generate", "protect", "--migration-dir", "migrations"];
    arguments.extend(roles.iter().map(String::as_str).chain(more.iter().copied()));
    let mut generate = scratch.command(PROGRAM, &arguments);
    stdout(&generate.current_dir(&*directory).output().unwrap());
    let migration = fs::read_dir(directory.join("migrations")).unwrap().next().unwrap().unwrap();
    let up = fs::read_to_string(migration.path().join("up.sql")).unwrap();
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
}

/// All rows of a tenant, table by table, as the superuser sees them.
async fn rows(scratch: &Scratch, tenant: &str) -> [Vec<String>; 6] {
    rows_at(&scratch.superuser_url(), tenant).await
}

async fn rows_at(superuser: &str, tenant: &str) -> [Vec<String>; 6] {
    let mut all = [const { Vec::new() }; 6];
    for ((table, column), rows) in TABLES.iter().zip(&mut all) {
        let select = format!(
            "SELECT to_jsonb(t)::text FROM {table} AS t WHERE {column} = '{tenant}' ORDER BY 1"
        );
        *rows = query(superuser, &select).await.unwrap();
    }
    all
}

/// Runs a command as one of the roles.
fn tenants(scratch: &Scratch, part: &str, arguments: &[&str]) -> Output {
    let admin = scratch.role("admin");
    let arguments: Vec<_> = arguments.iter().copied().chain(["--admin-role", &admin]).collect();
    let mut command = scratch.command(PROGRAM, &arguments);
    command.env("DATABASE_URL", scratch.url(part)).output().unwrap()
}
