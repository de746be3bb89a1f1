//! What nobody sees, and who may not.

use diesel_async::RunQueryDsl;
use serde_json::Value;
use tenants_diesel::ScopeError;
use tenants_diesel::cli::Program;
use tenants_diesel::store::{ReservedSlugs, SecretCodec};
use tenants_tests::Database;

use super::{Number, command, create, json, serves, slugs, status, tenant, typing};
use crate::migrations::scratch::{stderr, stdout, written};

#[tokio::test]
async fn a_record_that_cannot_be_read_hides_no_other() {
    let database = Database::new().await;
    ["aaa", "bbb", "ccc"].iter().for_each(|id| create(&database, id));
    database
        .run(
            tenants_tests::SUPERUSER,
            "ALTER TABLE tenants.tenant DROP CONSTRAINT tenant_slug_check;
            UPDATE tenants.tenant SET slug = 'NO SLUG' WHERE id = 'bbb'",
        )
        .await;
    let listed = tenant(&database, &["list"]);
    let text = written(&listed, 1);
    assert!(text.contains("aaa") && text.contains("ccc") && !text.contains("bbb"), "{text}");
    let said = stderr(&listed, 1);
    assert!(
        said.contains("bbb: the record of a tenant cannot be read: its `slug` is none"),
        "{said}"
    );
    let listed = written(&tenant(&database, &["list", "--format", "json"]), 1);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(slugs(&listed), ["ccc", "aaa"]);
    assert_eq!(listed["invalid"], serde_json::json!([{ "id": "bbb", "column": "slug" }]));
    assert!(stderr(&tenant(&database, &["show", "bbb"]), 1).contains("cannot be read"));

    // Its door can be closed all the same.
    let pool = database.pool().await;
    serves(&pool, "bbb").await.unwrap();
    written(&tenant(&database, &["delete", "bbb"]), 1);
    assert_eq!(serves(&pool, "bbb").await, Err(ScopeError::InactiveTenant));
}

#[tokio::test]
async fn nobody_sees_a_url_or_a_password() {
    const URL: &str = "postgres://u:s3cret@db.example/d";
    let database = Database::new().await;
    let mut created = command(
        &database,
        "provisioner",
        &["create", "env", "--id", "e", "--own-database-env", "OWN"],
    );
    let created = created.env("OWN", URL).output().unwrap();
    let typed = command(
        &database,
        "provisioner",
        &["create", "typed", "--id", "t", "--own-database-stdin"],
    );
    let typed = typing(typed, &format!("{URL}\n"));
    stdout(&created);
    stdout(&typed);
    let stored = "SELECT count(*) AS number FROM tenants.tenant WHERE database_url = 'postgres://u:s3cret@db.example/d'";
    let mut superuser = database.connect(tenants_tests::SUPERUSER).await;
    let stored: Number = diesel::sql_query(stored).get_result(&mut superuser).await.unwrap();
    assert_eq!(stored.number, 2);

    let run = |arguments: &[&str]| tenant(&database, arguments);
    let mut outputs = vec![created, typed];
    for format in ["text", "json"] {
        for arguments in
            [&["show", "e"][..], &["list"], &["search", "env"], &["update", "e", "--name", "n"]]
        {
            let output = run(&[arguments, &["--format", format]].concat());
            assert!(stdout(&output).contains("database"), "{arguments:?}");
            outputs.push(output);
        }
    }
    stdout(&run(&["delete", "e"]));
    let purge = command(&database, "provisioner", &["delete", "e", "--purge"]);
    outputs.push(typing(purge, "other\n"));
    // Where it does not belong, and where it is missing.
    for arguments in [
        &["create", "other", "--own-database-env", URL][..],
        &["create", "other", "--own-database-env", "NOT_THERE"],
        &["create", "other", "--own-database-stdin"],
        &["create", "other", "--schema", URL],
        &["create", URL],
        &["create", "other", "--login", URL],
        &["show", URL, "--slug"],
        &["show", URL],
        &["list", "--after", URL],
        &["frobnicate", URL],
    ] {
        let output = run(arguments);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}");
        outputs.push(output);
    }
    let mut unreachable = command(&database, "provisioner", &["list"]);
    let unreachable = unreachable.env("DATABASE_URL", "postgres://u:s3cret@127.0.0.1:1/d");
    let unreachable = unreachable.output().unwrap();
    assert!(stderr(&unreachable, 2).contains("could not connect"));
    outputs.push(unreachable);
    for output in outputs {
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).unwrap();
            assert!(!text.contains("s3cret") && !text.contains("db.example"), "{text}");
        }
    }
}

#[tokio::test]
async fn who_may_not_hears_who_may() {
    let database = Database::new().await;
    create(&database, "acme");
    for login in ["app_login", "admin_login"] {
        for arguments in [
            &["list"][..],
            &["show", "acme"],
            &["suspend", "acme"],
            &["create", "other"],
            &["delete", "acme"],
            &["restore", "acme"],
        ] {
            let said = stderr(&command(&database, login, arguments).output().unwrap(), 2);
            assert!(said.contains("tenants setup --provisioner"), "{login} {arguments:?}: {said}");
        }
    }
    assert_eq!(slugs(&json(&database, &["list", "--all"])), ["acme"]);
    assert_eq!(status(&database, "acme"), "active");
}

#[derive(Debug)]
struct Reversed;

impl SecretCodec for Reversed {
    fn seal(&self, url: &str) -> Option<String> {
        Some(url.chars().rev().collect())
    }

    fn open(&self, sealed: &str) -> Option<String> {
        self.seal(sealed)
    }
}
#[tokio::test]
async fn a_program_seals_urls_and_reserves_slugs_as_its_store_does() {
    let database = Database::new().await;
    let url = database.url("provisioner");
    let run = move |slug: &str, mut input: &[u8]| {
        let program =
            Program::new().codec(Reversed).reserved_slugs(ReservedSlugs::none().and(["shop"]));
        let create =
            ["tenants", "tenant", "create", slug, "--own-database-stdin", "--database-url", &url];
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let code = program.run_with(create, &mut input, &mut output, &mut errors);
        (code, String::from_utf8(errors).unwrap())
    };
    let (code, said) = run("shop", b"postgres://own");
    assert!(code == 1 && said.contains("the slug is reserved"), "{said}");
    assert_eq!(run("admin", b"postgres://own\n"), (0, String::new()));
    assert_eq!(run("other", b"").0, 2);
    let stored =
        "SELECT count(*) AS number FROM tenants.tenant WHERE database_url = 'nwo//:sergtsop'";
    let mut superuser = database.connect(tenants_tests::SUPERUSER).await;
    let stored: Number = diesel::sql_query(stored).get_result(&mut superuser).await.unwrap();
    assert_eq!(stored.number, 1);
}
