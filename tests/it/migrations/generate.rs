//! `tenants migration generate`, and what its migration does.

use std::fs;
use std::path::{Path, PathBuf};

use super::scratch::{Directory, Scratch, query, stderr, stdout};

const TABLES: &str = include_str!("tables.sql");

fn migrations(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory.join("migrations")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A directory with an empty `migrations` below it.
fn project() -> Directory {
    let directory = Directory::new();
    fs::create_dir(directory.join("migrations")).unwrap();
    directory
}

pub(crate) async fn protected() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&["--admin-login", &scratch.role("support")]);
    scratch.run("owner", TABLES).await;
    let project = project();
    stdout(&scratch.generate(&project, "protect"));
    let up = fs::read_to_string(migrations(&project)[0].join("up.sql")).unwrap();
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    scratch
}

#[tokio::test]
async fn a22_up_protects_and_down_restores_the_catalog_exactly() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    let before = scratch.snapshot().await;
    let project = project();

    stdout(&scratch.generate(&project, "protect"));
    assert_eq!(scratch.snapshot().await, before, "generating changes nothing");
    let path = migrations(&project).remove(0);
    let files = fs::read_dir(&path).unwrap().count();
    assert_eq!(files, 2, "up.sql and down.sql, no metadata.toml");
    let [up, down] =
        ["up.sql", "down.sql"].map(|file| fs::read_to_string(path.join(file)).unwrap());
    assert!(up.contains("ENABLE ROW LEVEL SECURITY"), "{up}");

    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    let protected = scratch.snapshot().await;
    assert_ne!(protected, before);
    let said = stdout(&scratch.generate(&project, "again"));
    assert!(said.contains("Nothing to do"), "{said}");
    assert_eq!(migrations(&project).len(), 1);

    scratch.run("owner", &format!("BEGIN; {down} COMMIT")).await;
    assert_eq!(scratch.snapshot().await, before);
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    assert_eq!(scratch.snapshot().await, protected);
}

#[tokio::test]
async fn the_generated_migration_isolates() {
    let scratch = protected().await;
    let app = scratch.role("app");
    let scoped = |tenant: &str, sql: &str| {
        format!("BEGIN; SET LOCAL ROLE {app}; SET LOCAL tenants.tenant = '{tenant}'; {sql}; COMMIT")
    };
    for tenant in ["a", "b"] {
        scratch.run("login", &scoped(tenant, "INSERT INTO posts (title) VALUES ('x')")).await;
    }
    let titles = "SELECT tenant FROM posts";
    let unscoped = scratch.values("login", titles).await.unwrap_err();
    assert!(unscoped.starts_with("42501"), "{unscoped}");
    assert_eq!(scratch.values("login", &scoped("a", titles)).await.unwrap(), ["a"]);
    assert_eq!(scratch.values("login", &scoped("", titles)).await.unwrap(), [""; 0]);
    assert_eq!(scratch.values("owner", titles).await.unwrap(), [""; 0], "the owner is bound too");
    let foreign = scoped("a", "INSERT INTO posts (tenant, title) VALUES ('b', 'x')");
    let refused = scratch.values("login", &foreign).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
    let refused = scratch.values("login", &scoped("a", "TRUNCATE posts")).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");

    let all = format!("SET ROLE {}; SELECT count(*) FROM posts", scratch.role("admin"));
    assert_eq!(scratch.values("support", &all).await.unwrap(), ["2"]);
    assert_eq!(
        scratch.values("login", &scoped("a", "SELECT name FROM plans")).await.unwrap(),
        ["free"]
    );
    let refused = scratch.values("login", &scoped("a", "DELETE FROM plans")).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
}

#[tokio::test]
async fn n09_a_table_in_a_schema_is_protected_and_its_namesakes_are_left_alone() {
    let scratch = protected().await;
    let flags = "SELECT n.nspname || ' ' || c.relrowsecurity::text FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'posts' ORDER BY 1";
    let expected = ["archive true", "elsewhere false", "public true"];
    assert_eq!(scratch.values("owner", flags).await.unwrap(), expected);
}

#[tokio::test]
async fn n12_serial_primary_keys_can_be_drawn() {
    let scratch = protected().await;
    let insert = format!(
        "SET ROLE {}; SET tenants.tenant = 'a'; INSERT INTO posts (title) VALUES ('x') RETURNING id",
        scratch.role("app")
    );
    assert_eq!(scratch.values("login", &insert).await.unwrap(), ["1"]);
    let reset = format!("SET ROLE {}; SELECT setval('posts_id_seq', 9)", scratch.role("app"));
    let refused = scratch.values("login", &reset).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
}

#[tokio::test]
async fn diesel_toml_is_honoured_from_a_directory_below() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    let project = Directory::new();
    let below = project.join("src/bin");
    fs::create_dir_all(&below).unwrap();
    fs::create_dir_all(project.join("db/changes")).unwrap();
    let toml =
        "[print_schema]\nfile = \"src/schema.rs\"\n[migrations_directory]\ndir = \"db/changes\"\n";
    fs::write(project.join("diesel.toml"), toml).unwrap();
    stdout(&scratch.generate(&below, "protect"));
    assert_eq!(fs::read_dir(project.join("db/changes")).unwrap().count(), 1);
}

#[tokio::test]
async fn dot_env_names_the_database_as_it_does_for_diesel() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    let project = project();
    let generate = || {
        let roles = scratch.role_args();
        let mut args = vec!["migration", "generate", "protect"];
        args.extend(roles.iter().map(String::as_str));
        let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), &args);
        command.current_dir(&*project).env_remove("DATABASE_URL").output().unwrap()
    };
    fs::write(project.join(".env"), "DATABASE_URL='postgres://o:secret@h/d").unwrap();
    let said = stderr(&generate(), 2);
    assert!(said.contains(".env") && !said.contains("secret"), "{said}");
    fs::write(project.join(".env"), format!("DATABASE_URL={}", scratch.url("owner"))).unwrap();
    stdout(&generate());
    assert_eq!(migrations(&project).len(), 1);
}

#[tokio::test]
async fn what_is_in_the_way_is_said_with_its_remedy_and_nothing_is_written() {
    let scratch = Scratch::new().await;
    let project = project();
    let refused = |expected: &[&str]| {
        let said = stderr(&scratch.generate(&project, "protect"), 1);
        for expected in expected {
            assert!(said.contains(expected), "{said}");
        }
        assert_eq!(migrations(&project), Vec::<PathBuf>::new());
    };
    refused(&["run `tenants setup`", "schema `tenants` is not installed"]);
    scratch.set_up(&[]);
    refused(&["diesel migration run", r#""public"."posts""#, r#""archive"."posts""#]);
    scratch.run("owner", TABLES).await;
    scratch.run("owner", "ALTER TABLE posts RENAME tenant TO owner").await;
    refused(&["has no column `tenant`"]);
    scratch.run("owner", "ALTER TABLE posts ADD tenant integer").await;
    refused(&["registered as text, but is integer"]);
    scratch.run("owner", "ALTER TABLE posts DROP tenant").await;
    let collation =
        "CREATE COLLATION c (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        ALTER TABLE posts ADD tenant text COLLATE c NOT NULL";
    scratch.run("owner", collation).await;
    refused(&["nondeterministic collation"]);
    let generated = "ALTER TABLE posts DROP tenant;
        ALTER TABLE posts ADD tenant text NOT NULL GENERATED ALWAYS AS ('nobody') STORED";
    scratch.run("owner", generated).await;
    refused(&["`tenant` of table", "is an identity or generated column"]);
    let view = "ALTER TABLE archive.posts RENAME TO rows; \
        CREATE VIEW archive.posts AS SELECT id, tenant FROM archive.rows";
    scratch.run("owner", view).await;
    refused(&[r#"`"archive"."posts"` cannot have row-level security: it is no table"#]);
}

#[tokio::test]
async fn an_existing_migration_of_the_name_is_never_overwritten() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    let project = project();
    stdout(&scratch.generate(&project, "protect"));
    let said = stderr(&scratch.generate(&project, "protect"), 1);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(migrations(&project).len(), 1);
}

#[tokio::test]
async fn a_program_without_tables_exits_with_2() {
    let scratch = Scratch::new().await;
    let mut command =
        scratch.command(env!("CARGO_BIN_EXE_tenants_untagged"), &["migration", "generate", "x"]);
    let said = stderr(&command.output().unwrap(), 2);
    assert!(said.contains("use my_app as _;"), "{said}");
}

#[tokio::test]
async fn a_name_that_postgresql_cannot_hold_is_told_with_its_struct() {
    let scratch = Scratch::new().await;
    let program = env!("CARGO_BIN_EXE_tenants_misnamed");
    let said =
        stderr(&scratch.command(program, &["migration", "generate", "x"]).output().unwrap(), 2);
    for expected in ["Misnamed", "tenants_misnamed.rs:", "a name that PostgreSQL cannot hold"] {
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_told_by_name() {
    let scratch = Scratch::new().await;
    let project = project();
    // No text.
    fs::write(project.join("diesel.toml"), [0xff]).unwrap();
    let said = stderr(&scratch.generate(&project, "protect"), 1);
    assert!(said.contains("cannot read `") && said.contains("diesel.toml"), "{said}");
}

#[tokio::test]
async fn a_search_path_of_the_owner_confuses_nothing() {
    let scratch = protected().await;
    let owner = scratch.role("owner");
    scratch.superuser(&format!("ALTER ROLE {owner} SET search_path = elsewhere, tenants")).await;
    query(&scratch.url("owner"), "SELECT 1").await.unwrap();
    let said = stdout(&scratch.generate(&project(), "again"));
    assert!(said.contains("Nothing to do"), "{said}");
}

/// What no migration changes is told all the same, also if there is nothing else to do.
#[tokio::test]
async fn notes_are_told_when_there_is_nothing_to_do() {
    let scratch = protected().await;
    scratch.run("owner", "ALTER TABLE plans ENABLE ROW LEVEL SECURITY").await;
    let project = project();
    let said = stdout(&scratch.generate(&project, "again"));
    assert!(said.contains("Nothing to do"), "{said}");
    assert!(said.contains(r#"Note: `"public"."plans"`: it is declared as global"#), "{said}");
    assert_eq!(migrations(&project), Vec::<PathBuf>::new());
}
