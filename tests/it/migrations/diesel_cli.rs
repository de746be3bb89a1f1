//! The generated migration in the hands of the real `diesel` command.
//!
//! It is found by the variable `DIESEL_CLI` or on the `PATH`.

use std::ffi::OsString;
use std::fs;

use super::into::{DROP_TABLES, generate_into, written_and_seen};
use super::scratch::{Directory, Scratch, stderr, stdout};

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

#[tokio::test]
async fn a_migration_of_diff_schema_is_completed() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let project = Directory::new();
    fs::create_dir(project.join("migrations")).unwrap();
    let toml = "[print_schema]\nfile = \"schema.rs\"\n";
    fs::write(project.join("diesel.toml"), toml).unwrap();
    let schema =
        "diesel::table! { posts (tenant, id) { id -> Integer, tenant -> Text, title -> Text, } }
        diesel::table! { plans (id) { id -> Integer, name -> Text, } }";
    let migration = |args: &[&str]| {
        let args = [&["migration"], args].concat();
        stdout(&scratch.command(diesel(), &args).current_dir(&*project).output().unwrap())
    };
    // Makes its table of what is applied, and prints the schema.
    migration(&["run"]);
    let before = scratch.snapshot().await;
    fs::write(project.join("schema.rs"), schema).unwrap();
    migration(&["generate", "create_posts", "--diff-schema"]);
    let path = fs::read_dir(project.join("migrations")).unwrap();
    // Beside it, Diesel keeps a file that it locks.
    let path = path.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let said = stdout(&generate_into(&scratch, &path));
    assert!(said.contains("Completing"), "{said}");
    assert_eq!(scratch.snapshot().await, before);

    migration(&["run"]);
    assert_eq!(written_and_seen(&scratch).await, [["a"], ["b"]]);
    let protected = scratch.snapshot().await;
    let said = stderr(&generate_into(&scratch, &path), 1);
    assert!(said.contains("is applied already"), "{said}");
    migration(&["redo"]);
    assert_eq!(scratch.snapshot().await, protected);
    migration(&["revert"]);
    assert_eq!(scratch.snapshot().await, before);
}

/// A database with rows, from no tenant column at all to isolated tenants and back.
#[tokio::test]
async fn a_series_stops_for_the_back_fill_and_goes_on() {
    let scratch = Scratch::new().await;
    let project = project();
    let run = |program: OsString, args: &[&str]| {
        scratch.command(program, args).current_dir(&*project).output().unwrap()
    };
    let migration = |args: &[&str]| run(diesel(), &[&["migration"], args].concat());
    let tenants = |args: &[&str]| run(env!("CARGO_BIN_EXE_tenants").into(), args);
    let roles = scratch.role_args();
    let generate = |more: &[&str]| {
        let roles = roles.iter().map(String::as_str);
        let args = ["migration", "generate"].into_iter().chain(more.iter().copied()).chain(roles);
        stdout(&tenants(&args.collect::<Vec<_>>()))
    };
    scratch.set_up(&[]);
    stdout(&migration(&["run"]));
    let rows = "ALTER TABLE posts DROP CONSTRAINT posts_pkey, DROP tenant, ADD PRIMARY KEY (id);
        INSERT INTO posts (title) SELECT 'x' FROM generate_series(1, 1000);
        INSERT INTO archive.posts SELECT FROM generate_series(1, 1000)";
    scratch.run("owner", rows).await;
    let before = scratch.snapshot().await;

    let said = generate(&["adopt", "--online"]);
    assert!(said.contains("_adopt_add_column_posts"), "{said}");
    assert!(said.contains("_adopt_index_archive_posts"), "{said}");
    assert!(said.contains("fill them in with `tenants backfill`"), "{said}");
    let series = said.lines().filter(|line| line.starts_with("Creating ")).count();
    let said = stderr(&migration(&["run"]), 1);
    assert!(said.contains(r#"rows of "archive"."posts" have no tenant yet"#), "{said}");
    stdout(&tenants(&["backfill", "archive.posts", "--set", "gen_random_uuid()"]));
    let said = stderr(&migration(&["run"]), 1);
    assert!(said.contains(r#"rows of "public"."posts" have no tenant yet"#), "{said}");
    stdout(&tenants(&["backfill", "posts", "--set", "'a' || id % 2"]));
    stdout(&migration(&["run"]));
    for again in [&["again"][..], &["again", "--online"]] {
        let said = generate(again);
        assert!(said.contains("Nothing to do"), "{said}");
    }
    let scoped = format!(
        "BEGIN; SET LOCAL ROLE {}; SET LOCAL tenants.tenant = 'a1'; SELECT count(*) FROM posts; COMMIT",
        scratch.role("app")
    );
    assert_eq!(scratch.values("login", &scoped).await.unwrap(), ["500"]);

    let after = scratch.snapshot().await;
    stdout(&migration(&["redo"]));
    stdout(&migration(&["revert", "-n", "3"]));
    stdout(&migration(&["run"]));
    assert_eq!(scratch.snapshot().await, after);
    stdout(&migration(&["revert", "-n", &series.to_string()]));
    assert_eq!(scratch.snapshot().await, before);
}
