//! The generated migration in the hands of the real `diesel` command.
//!
//! It is found by the variable `DIESEL_CLI` or on the `PATH`.

use std::ffi::OsString;
use std::fs;

use super::scratch::{Directory, Scratch, stderr, stdout};

const DROP_TABLES: &str = "DROP TABLE plans; DROP SCHEMA elsewhere CASCADE; \
    DROP SCHEMA archive CASCADE; DROP TABLE posts;";

fn diesel() -> OsString {
    std::env::var_os("DIESEL_CLI").unwrap_or_else(|| "diesel".into())
}

/// A project with a migration that creates the tables, below a directory of its own choice.
fn project() -> Directory {
    let project = Directory::new();
    let tables = project.join("db/2026-01-01-000000-0000_tables");
    fs::create_dir_all(&tables).unwrap();
    fs::write(project.join("diesel.toml"), "[migrations_directory]\ndir = \"db\"\n").unwrap();
    fs::write(tables.join("up.sql"), include_str!("tables.sql")).unwrap();
    fs::write(tables.join("down.sql"), DROP_TABLES).unwrap();
    project
}

#[tokio::test]
async fn run_redo_revert_and_run_again() {
    let scratch = Scratch::new().await;
    let project = project();
    let migration = |verb: &str| {
        let mut command = scratch.command(diesel(), &["migration", verb]);
        stdout(&command.current_dir(&*project).output().unwrap())
    };
    scratch.set_up(&[]);
    migration("run");
    let before = scratch.snapshot().await;

    stdout(&scratch.generate(&project, "protect"));
    migration("run");
    let protected = scratch.snapshot().await;
    assert_ne!(protected, before);
    migration("redo");
    assert_eq!(scratch.snapshot().await, protected);
    let said = stdout(&scratch.generate(&project, "again"));
    assert!(said.contains("Nothing to do"), "{said}");
    migration("revert");
    assert_eq!(scratch.snapshot().await, before);
    migration("run");
    assert_eq!(scratch.snapshot().await, protected);

    // All the way back: our own migrations are none of its business.
    let mut revert = scratch.command(diesel(), &["migration", "revert", "--all"]);
    stdout(&revert.current_dir(&*project).output().unwrap());
    let said = stderr(&scratch.generate(&project, "again"), 1);
    assert!(said.contains("diesel migration run"), "{said}");
}

#[tokio::test]
async fn a_new_partition_is_found_by_the_next_generate() {
    let scratch = Scratch::new().await;
    let project = project();
    scratch.set_up(&[]);
    let run = || {
        let mut command = scratch.command(diesel(), &["migration", "run"]);
        stdout(&command.current_dir(&*project).output().unwrap())
    };
    run();
    scratch
        .run(
            "owner",
            "DROP TABLE posts;
            CREATE TABLE posts (id serial, tenant text, title text, PRIMARY KEY (tenant, id)) PARTITION BY LIST (tenant)",
        )
        .await;
    stdout(&scratch.generate(&project, "protect"));
    run();
    scratch.run("owner", "CREATE TABLE posts_a PARTITION OF posts FOR VALUES IN ('a')").await;
    stdout(&scratch.generate(&project, "protect_partition"));
    run();
    let said = stdout(&scratch.generate(&project, "again"));
    assert!(said.contains("Nothing to do"), "{said}");
    let protected = "SELECT count(*) FROM pg_policies WHERE tablename = 'posts_a'";
    assert_eq!(scratch.values("owner", protected).await.unwrap(), ["3"]);
}
