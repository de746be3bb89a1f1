//! `tenants tenant`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use tenants_diesel::cli::Program;
use tenants_diesel::store::{ReservedSlugs, SecretCodec};
use tenants_diesel::{Isolation, ScopeError, TenantId, TenantPool};
use tenants_tests::{Database, unique_id};

use super::{PROGRAM, rows, shop, tenants};
use crate::migrations::scratch::{stderr, stdout, written};

/// `tenants tenant ..` as a login.
fn command(database: &Database, login: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("tenant").args(arguments).env("DATABASE_URL", database.url(login));
    command.stdin(Stdio::null());
    command
}

/// The same as who administers tenants.
fn tenant(database: &Database, arguments: &[&str]) -> Output {
    command(database, "provisioner", arguments).output().unwrap()
}

fn typing(mut command: Command, text: &str) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn json(database: &Database, arguments: &[&str]) -> Value {
    let output = tenant(database, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// Makes a tenant of this id, whose slug is the same.
fn create(database: &Database, id: &str) {
    stdout(&tenant(database, &["create", id, "--id", id]));
}

fn slugs(listed: &Value) -> Vec<&str> {
    let tenants = listed["tenants"].as_array().unwrap();
    tenants.iter().map(|tenant| tenant["slug"].as_str().unwrap()).collect()
}

fn status(database: &Database, id: &str) -> String {
    json(database, &["show", id])["tenant"]["status"].as_str().unwrap().to_owned()
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Whether a pool serves the tenant.
async fn serves(pool: &TenantPool, id: &str) -> Result<(), ScopeError> {
    let id = TenantId::try_from(id).unwrap();
    let read = pool.read(&id, async |conn| {
        let one = diesel::sql_query("SELECT 1::bigint AS number");
        one.get_result::<Number>(conn).await
    });
    match read.await {
        Ok(row) => Ok(assert_eq!(row.number, 1)),
        Err(error) => Err(ScopeError::of(&error).unwrap().clone()),
    }
}

#[tokio::test]
async fn what_is_created_is_shown_as_text_and_as_json() {
    let database = Database::new().await;
    let created = tenant(
        &database,
        &[
            "create",
            "acme",
            "--id",
            "a-1",
            "--name",
            "Acme Corp.",
            "--metadata",
            r#"{"plan": "team"}"#,
        ],
    );
    let text = stdout(&created);
    assert_eq!(text, stdout(&tenant(&database, &["show", "a-1"])));
    assert_eq!(text, stdout(&tenant(&database, &["show", "acme", "--slug"])));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..7],
        [
            "id          a-1",
            "slug        acme",
            "name        Acme Corp.",
            "status      active",
            "placement   shared",
            r#"metadata    {"plan":"team"}"#,
            "version     1",
        ]
    );
    let Value::Object(mut shown) = json(&database, &["show", "a-1"])["tenant"].take() else {
        panic!("no object")
    };
    let (created, updated) = (shown.remove("created_at").unwrap(), shown.remove("updated_at"));
    assert_eq!(lines[7], format!("created at  {}", created.as_str().unwrap()));
    assert!(created.as_str().unwrap().ends_with('Z') && updated.is_some());
    let expected = serde_json::json!({
        "id": "a-1", "slug": "acme", "name": "Acme Corp.", "status": "active", "placement": "shared",
        "schema": null, "metadata": { "plan": "team" }, "version": 1,
    });
    assert_eq!(Value::Object(shown), expected);

    // Without an id it is a UUID, and the owner may do all of this, too.
    let owner = command(&database, "owner", &["create", "beta", "--format", "json"]).output();
    let created: Value = serde_json::from_str(&stdout(&owner.unwrap())).unwrap();
    let id = created["tenant"]["id"].as_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 4);
    serves(&database.pool().await, id).await.unwrap();
    let schema = json(&database, &["create", "gamma", "--schema", "tenant_gamma"]);
    assert_eq!(
        (&schema["tenant"]["placement"], &schema["tenant"]["schema"]),
        (&"schema".into(), &"tenant_gamma".into())
    );
}

#[tokio::test]
async fn what_is_taken_reserved_or_wrong_is_not_created() {
    let database = Database::new().await;
    create(&database, "acme");
    let before = json(&database, &["list", "--all"]);
    for (code, arguments, expected) in [
        (1, &["create", "acme", "--id", "b"][..], "the slug belongs to another tenant"),
        (1, &["create", "other", "--id", "acme"], "the id belongs, or once belonged, to another"),
        (1, &["create", "admin"], "the slug is reserved"),
        (2, &["create", "Acme"], "a slug consists of"),
        (2, &["create", "other", "--metadata", "[1]"], "metadata is a JSON object"),
        (2, &["create", "other", "--status", "deleted"], "active, provisioning"),
        (2, &["create", "other", "--schema", "public"], "hold no tenant's rows"),
        (2, &["create", "other", "--schema", "own", "--own-database-stdin"], "cannot be used with"),
        (2, &["create", "other", "--id", ""], "must not be empty"),
    ] {
        let said = stderr(&tenant(&database, arguments), code);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(json(&database, &["list", "--all"]), before);
    // Ids must fit all tables: here, a column of UUIDs is among them.
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenants"));
    command.args(["tenant", "create", "other", "--id", "o"]);
    command.env("DATABASE_URL", database.url("provisioner"));
    let said = stderr(&command.output().unwrap(), 2);
    assert!(said.contains("for a column of type uuid"), "{said}");
    // And where no table is known, only those who share none are made.
    let untagged = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenants_untagged"));
        command.args(["tenant", "create", "other"]).args(more);
        command.env("DATABASE_URL", database.url("provisioner")).output().unwrap()
    };
    assert!(stderr(&untagged(&[]), 2).contains("no table is registered"));
    stdout(&untagged(&["--schema", "own"]));
}

#[tokio::test]
async fn lists_are_tables_or_json_and_come_in_pages() {
    let database = Database::new().await;
    let nobody = tenant(&database, &["list"]);
    assert_eq!(
        (stdout(&nobody), stderr(&nobody, 0)),
        (String::new(), "There are no such tenants.\n".to_owned())
    );
    for (id, name) in [("aaa", "東京"), ("bbb", "forged\r\u{1b}[2J\tline"), ("ccc", "C")] {
        stdout(&tenant(&database, &["create", id, "--id", id, "--name", name]));
    }
    stdout(&tenant(&database, &["suspend", "bbb"]));
    stdout(&tenant(&database, &["delete", "ccc"]));

    let text = stdout(&tenant(&database, &["list", "--all"]));
    let lines: Vec<_> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(lines[0], ["ID", "SLUG", "STATUS", "PLACEMENT", "CREATED", "AT", "NAME"]);
    assert_eq!(lines[1][..4], ["ccc", "ccc", "deleted", "shared"]);
    assert_eq!((lines[2][2], lines[2][5]), ("suspended", r"forged\r\u{1b}[2J\tline"));
    assert_eq!((lines[3][2], lines[3][5]), ("active", "東京"));
    let column = |line: &str, of: &str| line.find(of).unwrap();
    let shown: Vec<_> = text.lines().collect();
    assert_eq!(column(shown[0], "STATUS"), column(shown[3], "active"));

    assert_eq!(
        slugs(&json(&database, &["list"])),
        ["bbb", "aaa"],
        "the newest first, none deleted"
    );
    assert_eq!(
        slugs(&json(&database, &["list", "--status", "deleted", "--status", "active"])),
        ["ccc", "aaa"]
    );
    let first = json(&database, &["list", "--all", "--limit", "2"]);
    assert_eq!(slugs(&first), ["ccc", "bbb"]);
    let next = first["next"].as_str().unwrap();
    let last = json(&database, &["list", "--all", "--limit", "2", "--after", next]);
    assert_eq!((slugs(&last), &last["next"]), (vec!["aaa"], &Value::Null));
    let paged = tenant(&database, &["list", "--all", "--limit", "2"]);
    assert!(stderr(&paged, 0).contains(&format!("`--after {next}`")));

    assert_eq!(slugs(&json(&database, &["search", "ORGE"])), ["bbb"]);
    assert_eq!(slugs(&json(&database, &["search", "京"])), ["aaa"]);
    assert!(slugs(&json(&database, &["search", "%"])).is_empty(), "it stands for itself");
    for arguments in [
        &["list", "--limit", "0"][..],
        &["list", "--limit", "1001"],
        &["list", "--after", "x"],
        &["list", "--status", "purged"],
        &["list", "--all", "--status", "active"],
    ] {
        stderr(&tenant(&database, arguments), 2);
    }
}

#[tokio::test]
async fn a_pool_refuses_who_is_suspended_at_once_and_all_or_none_are() {
    let database = Database::new().await;
    let ids = ["aaa", "bbb", "ccc"];
    ids.iter().for_each(|id| create(&database, id));
    let pool = database.pool().await;
    for id in ids {
        serves(&pool, id).await.unwrap();
    }
    let suspended = tenant(&database, &["suspend", "aaa", "bbb", "--slug"]);
    assert_eq!(stdout(&suspended).matches("suspended").count(), 2);
    assert!(stderr(&suspended, 0).contains("Scopes that began before go on"));
    for id in ["aaa", "bbb"] {
        assert_eq!(serves(&pool, id).await, Err(ScopeError::SuspendedTenant));
    }
    serves(&pool, "ccc").await.unwrap();

    // One that is suspended already and one that is not there keep the others as they are.
    let refused = stderr(&tenant(&database, &["suspend", "ccc", "aaa", "nobody"]), 1);
    let expected = "error: no tenant was changed:\n  `aaa` is suspended\n  `nobody` is not there\n";
    assert_eq!(refused, expected);
    serves(&pool, "ccc").await.unwrap();
    let refused = stderr(&tenant(&database, &["suspend", "ccc", "nobody", "--slug"]), 1);
    assert!(refused.contains("`nobody` is not there"), "{refused}");
    serves(&pool, "ccc").await.unwrap();

    let activated = json(&database, &["activate", "aaa", "bbb", "aaa"]);
    assert_eq!(slugs(&activated), ["aaa", "bbb"]);
    for id in ids {
        serves(&pool, id).await.unwrap();
    }
    stdout(&tenant(&database, &["create", "new", "--id", "new", "--status", "provisioning"]));
    assert_eq!(serves(&pool, "new").await, Err(ScopeError::InactiveTenant));
    stdout(&tenant(&database, &["activate", "new"]));
    serves(&pool, "new").await.unwrap();
}

/// The id of one may be the slug of another.
#[tokio::test]
async fn an_id_is_never_taken_for_a_slug() {
    let database = Database::new().await;
    stdout(&tenant(&database, &["create", "two", "--id", "one"]));
    stdout(&tenant(&database, &["create", "one", "--id", "two"]));
    stdout(&tenant(&database, &["create", "lone", "--id", "l-1"]));
    stdout(&tenant(&database, &["suspend", "one"]));
    assert_eq!((&*status(&database, "one"), &*status(&database, "two")), ("suspended", "active"));
    stdout(&tenant(&database, &["suspend", "one", "--slug"]));
    assert_eq!(status(&database, "two"), "suspended");
    for arguments in [
        &["show", "lone"][..],
        &["delete", "lone"],
        &["restore", "lone"],
        &["show", "l-1x", "--slug"],
    ] {
        let said = stderr(&tenant(&database, arguments), 1);
        assert!(said.contains("with `--slug` a slug"), "{said}");
    }
    let said = stderr(&tenant(&database, &["show", "L-1", "--slug"]), 2);
    assert!(said.contains("a slug consists of"), "{said}");
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    let database = Database::new().await;
    stdout(&tenant(
        &database,
        &["create", "acme", "--id", "a", "--metadata", r#"{"plan": "free", "trial": true}"#],
    ));
    create(&database, "beta");
    let updated = json(
        &database,
        &[
            "update",
            "a",
            "--new-slug",
            "corp",
            "--name",
            "Corp.",
            "--metadata",
            r#"{"plan": "team", "trial": null}"#,
        ],
    );
    let updated = &updated["tenant"];
    assert_eq!(
        (&updated["slug"], &updated["name"], &updated["id"]),
        (&"corp".into(), &"Corp.".into(), &"a".into())
    );
    assert_eq!(updated["metadata"], serde_json::json!({ "plan": "team" }));
    let refused = ["update", "a", "--new-slug", "beta", "--name", "B", "--metadata", "{}"];
    assert!(stderr(&tenant(&database, &refused), 1).contains("belongs to another tenant"));
    assert_eq!(&json(&database, &["show", "a"])["tenant"], updated, "all of it or nothing");
    stderr(&tenant(&database, &["update", "a"]), 2);
}

#[tokio::test]
async fn a_tenant_is_deleted_restored_and_purged() {
    let shop = shop().await;
    let run = |arguments: &[&str], typed: &str| {
        let mut command = shop.command(PROGRAM, &[&["tenant"], arguments].concat());
        command.env("DATABASE_URL", shop.url("owner"));
        typing(command, typed)
    };
    stdout(&run(&["update", "a", "--new-slug", "acme"], ""));
    let early = stderr(&run(&["delete", "a", "--purge", "--yes"], ""), 1);
    assert!(early.contains("the tenant is active, and only a deleted one is purged"), "{early}");
    stderr(&run(&["delete", "a", "--yes"], ""), 2);

    // One that was suspended comes back suspended.
    stdout(&run(&["suspend", "a"], ""));
    let deleted = run(&["delete", "acme", "--slug"], "");
    assert!(stdout(&deleted).contains("status      deleted"));
    assert!(stderr(&deleted, 0).contains("Its rows stay: `tenants erase a` deletes them"));
    assert!(stderr(&run(&["delete", "a"], ""), 1).contains("the tenant is deleted already"));
    assert!(
        stderr(&run(&["activate", "a"], ""), 1)
            .contains("`a` is deleted: `tenants tenant restore`")
    );
    assert!(stderr(&run(&["create", "acme"], ""), 1).contains("keeps its slug until it is purged"));
    assert!(stdout(&run(&["restore", "a"], "")).contains("status      suspended"));
    assert!(stderr(&run(&["restore", "a"], ""), 1).contains("the tenant is not deleted"));
    stdout(&run(&["delete", "a"], ""));

    // Who types something else, or nothing, removes nothing.
    for typed in ["", "\n", "a\n", "acme \n", "yes\n"] {
        let said = stderr(&run(&["delete", "a", "--purge"], typed), 2);
        assert!(
            said.contains("Type `acme` to go on:") && said.contains("nothing was removed"),
            "{said}"
        );
    }
    assert!(stdout(&run(&["show", "a"], "")).contains("status      deleted"));
    assert_eq!(stdout(&run(&["delete", "a", "--purge"], "acme\n")), "Removed the record of a.\n");
    assert!(stderr(&run(&["show", "a"], ""), 1).contains("there is no such tenant"));
    stderr(&run(&["restore", "a"], ""), 1);

    // Its rows are still there, nobody else gets its id, and they can be erased.
    assert!(!rows(&shop, "a").await.concat().is_empty());
    let taken = stderr(&run(&["create", "other", "--id", "a"], ""), 1);
    assert!(taken.contains("the id belongs, or once belonged"), "{taken}");
    stdout(&run(&["create", "acme", "--id", "c"], ""));
    let others = rows(&shop, "b").await;
    assert!(
        stdout(&tenants(&shop, "support", &["erase", "a", "--yes"])).starts_with("Deleted 75 rows")
    );
    assert!(rows(&shop, "a").await.concat().is_empty());
    assert_eq!(rows(&shop, "b").await, others);
    stdout(&run(&["delete", "c"], ""));
    let purged = run(&["delete", "c", "--purge", "--yes", "--format", "json"], "");
    assert_eq!(stdout(&purged), "{\n  \"purged\": \"c\",\n  \"version\": 1\n}\n");
    assert_eq!(stderr(&purged, 0), "");
}

#[tokio::test]
async fn where_each_tenant_has_a_role_it_is_made_with_the_record_or_neither_is() {
    let database = Database::isolated_by(Isolation::RolePerTenant).await;
    let pool = database.pool().await;
    let id = unique_id();
    let create =
        |more: &[&str]| tenant(&database, &[&["create", "acme", "--id", &id], more].concat());
    let said = stderr(&create(&[]), 2);
    assert!(said.contains("each tenant has a role here: pass `--login`"), "{said}");
    let long = "x".repeat(57);
    let said =
        stderr(&tenant(&database, &["create", "acme", "--id", &long, "--login", "app_login"]), 2);
    assert!(said.contains("a tenant id of 57 bytes is too long"), "{said}");

    // Somebody else's role of that name is not taken over, and no record stays.
    database.run(tenants_tests::SUPERUSER, &format!("CREATE ROLE tenant_{id}")).await;
    let said = stderr(&create(&["--login", "app_login"]), 1);
    assert!(said.contains("a role of the tenant's name exists"), "{said}");
    assert!(slugs(&json(&database, &["list", "--all"])).is_empty());
    database.run(tenants_tests::SUPERUSER, &format!("DROP ROLE tenant_{id}")).await;

    stdout(&create(&["--login", "app_login"]));
    serves(&pool, &id).await.unwrap();
    stdout(&tenant(&database, &["suspend", &id]));
    assert_eq!(serves(&pool, &id).await, Err(ScopeError::SuspendedTenant));
    stdout(&tenant(&database, &["activate", &id]));
    stdout(&tenant(&database, &["delete", &id]));
    assert_eq!(serves(&pool, &id).await, Err(ScopeError::InactiveTenant));
    database.run(tenants_tests::SUPERUSER, &format!("DROP ROLE tenant_{id}")).await;
    stderr(&tenant(&database, &["restore", &id]), 2);
    stdout(&tenant(&database, &["restore", &id, "--login", "app_login"]));
    serves(&pool, &id).await.unwrap();
}

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
