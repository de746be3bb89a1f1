//! `tenants tenant`.

mod doors;
mod life;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use tenants_diesel::{ScopeError, TenantId, TenantPool};
use tenants_tests::Database;

use super::PROGRAM;
use crate::migrations::scratch::{stderr, stdout};

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
    let row = read.await.map_err(|error| ScopeError::of(&error).unwrap())?;
    assert_eq!(row.number, 1);
    Ok(())
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
