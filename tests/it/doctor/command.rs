//! `tenants doctor`: what it writes, and how it exits.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::migrations::generate::protected;
use crate::migrations::scratch::{Directory, Scratch, stderr, written};

/// What every database of these tests may have: faults of the server that runs them, `set_config`, and up to
/// PostgreSQL 14 a schema `public` in which everybody creates.
async fn spotless() -> Scratch {
    let scratch = protected().await;
    let [support, provisioner] = ["support", "provisioner"].map(|part| scratch.role(part));
    scratch.set_up(&["--admin-login", &support, "--provisioner", &provisioner]);
    let keys = "DROP TABLE elsewhere.posts;
        ALTER TABLE archive.posts DROP CONSTRAINT posts_pkey, ADD PRIMARY KEY (tenant, id)";
    scratch.run("owner", keys).await;
    let closed = format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO {};
        REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
        scratch.role("owner")
    );
    scratch.superuser_here(&closed).await;
    scratch
}

impl Scratch {
    fn doctor(&self, more: &[&str]) -> Output {
        let (login, admin, roles) = (self.role("login"), self.role("support"), self.role_args());
        let mut args = vec!["doctor", "--login", &login, "--admin-login", &admin];
        args.extend(roles.iter().map(String::as_str));
        args.extend(more);
        self.tenants(&args)
    }
}

fn json(output: &Output, code: i32) -> Value {
    serde_json::from_str(&written(output, code)).unwrap()
}

/// A file of allowances for what the server of this test cannot help.
fn allowed(directory: &Directory, scratch: &Scratch, more: &str) -> String {
    let output = scratch.doctor(&["--format", "json", "--fail-on", "critical"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let is_old = report["findings"].as_array().unwrap().iter().any(|it| it["lint"] == "T601");
    let old = "[[allow]]\nlint = \"T601\"\nobject = \"CVE-*\"\nreason = \"an old server\"\n";
    let path = directory.join("allow.toml");
    fs::write(&path, format!("{}{more}", if is_old { old } else { "" })).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is_wrong() {
    let (scratch, directory) = (spotless().await, Directory::new());
    let allow = allowed(&directory, &scratch, "");
    let report =
        json(&scratch.doctor(&["--format", "json", "--allow", &allow, "--fail-on", "info"]), 0);
    assert_eq!(report["clean"], true);
    let open = report["findings"].as_array().unwrap().iter().filter(|it| it["allowed"].is_null());
    assert_eq!(open.count(), 0, "{report:#}");
    assert_eq!(report["not_run"], Value::Array(vec![]));
    let said = written(&scratch.doctor(&["--allow", &allow]), 0);
    assert!(said.contains("Nothing was found.") || said.contains("Found: "), "{said}");
}

#[tokio::test]
async fn a_finding_is_told_with_what_repairs_it_until_it_is_repaired_or_allowed() {
    let (scratch, directory) = (spotless().await, Directory::new());
    let none = allowed(&directory, &scratch, "");
    scratch.run("owner", "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY").await;
    let said = written(&scratch.doctor(&["--allow", &none]), 1);
    let expected = "\
critical  T203  public.posts
                row-level security does not bind the owner: NO FORCE ROW LEVEL SECURITY
                ALTER TABLE public.posts FORCE ROW LEVEL SECURITY;
";
    assert!(said.contains(expected), "{said}");
    assert!(said.contains("Found: 1 critical"), "{said}");

    let entry = "[[allow]]\nlint = \"T203\"\nobject = \"public.*\"\nreason = \"being repaired\"\n";
    let allow = allowed(&directory, &scratch, entry);
    let said = written(&scratch.doctor(&["--allow", &allow]), 0);
    assert!(said.contains("allowed: being repaired"), "{said}");
    let allow = allowed(&directory, &scratch, &format!("{entry}until = 2020-01-01\n"));
    let expired = scratch.doctor(&["--allow", &allow]);
    written(&expired, 1);
    assert!(stderr(&expired, 1).contains("ended on 2020-01-01"));

    scratch.run("owner", "ALTER TABLE posts FORCE ROW LEVEL SECURITY").await;
    let allow = allowed(&directory, &scratch, entry);
    let said = written(&scratch.doctor(&["--allow", &allow]), 1);
    assert!(said.contains("stale     T203  public.*"), "{said}");
    written(&scratch.doctor(&["--allow", &none]), 1);
    allowed(&directory, &scratch, "");
    written(&scratch.doctor(&["--allow", &none]), 0);
}

/// The lint of the next test: other tests use the roles that all share.
pub(super) const WITH_ROLES_OF_ITS_OWN: &str = "T112";

#[tokio::test]
async fn a_runtime_role_that_can_log_in_is_told() {
    let scratch = spotless().await;
    let app = scratch.role("app");
    let remedy = format!("ALTER ROLE {app} NOLOGIN;");
    assert!(!written(&scratch.doctor(&["--fail-on", "critical"]), 0).contains("T112"));
    scratch.superuser(&format!("ALTER ROLE {app} LOGIN")).await;
    let said = written(&scratch.doctor(&["--fail-on", "critical"]), 0);
    assert!(said.contains(&format!("T112  {app}")) && said.contains(&remedy), "{said}");
    scratch.superuser(&remedy).await;
    assert!(!written(&scratch.doctor(&["--fail-on", "critical"]), 0).contains("T112"));
}

#[tokio::test]
async fn the_severity_that_fails_is_asked_for() {
    let (scratch, directory) = (spotless().await, Directory::new());
    let allow = allowed(&directory, &scratch, "");
    scratch.run("owner", "ALTER TABLE posts ALTER tenant DROP DEFAULT").await;
    for (severity, code) in [("info", 1), ("low", 1), ("medium", 0), ("critical", 0)] {
        written(&scratch.doctor(&["--allow", &allow, "--fail-on", severity]), code);
    }
}

/// What cannot be looked at is no good news.
#[tokio::test]
async fn a_lint_that_could_not_run_fails() {
    let (scratch, directory) = (spotless().await, Directory::new());
    let allow = allowed(&directory, &scratch, "");
    scratch.superuser_here("REVOKE SELECT ON pg_catalog.pg_user_mappings FROM PUBLIC").await;
    let report = json(&scratch.doctor(&["--allow", &allow, "--format", "json"]), 1);
    assert_eq!(report["clean"], false);
    let unrun = report["not_run"].as_array().unwrap();
    assert_eq!(unrun.len(), 1, "{report:#}");
    assert_eq!(unrun[0]["lint"], "T511");
    // The one that failed keeps no other from running.
    scratch.run("owner", "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY").await;
    let said = written(&scratch.doctor(&["--allow", &allow]), 1);
    assert!(said.contains("T203") && said.contains("not run   T511"), "{said}");
    let sarif = json(&scratch.doctor(&["--allow", &allow, "--format", "sarif"]), 1);
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["associatedRule"]["id"], "T511");
}

#[tokio::test]
async fn wrong_arguments_exit_with_2() {
    let (scratch, directory) = (Scratch::new().await, Directory::new());
    let path = directory.join("allow.toml");
    let allow = path.to_str().unwrap();
    stderr(&scratch.doctor(&["--allow", "/nowhere"]), 2);
    for (file, said) in [
        ("[[allow]]\nlint = \"T1\"\nobject = \"*\"\nreason = \"x\"", "there is no lint `T1`"),
        ("[[allow]]\nlint = \"T202\"\nobject = \"*\"", "has no reason"),
        ("[[allow]]\nlint = \"T202\"\nreason = \"x\"", "names no object"),
    ] {
        fs::write(&path, file).unwrap();
        let refused = stderr(&scratch.doctor(&["--allow", allow]), 2);
        assert!(refused.contains(said), "{refused}");
    }
    stderr(&scratch.doctor(&["--fail-on", "everything"]), 2);
    stderr(&scratch.tenants(&["doctor"]), 2);
    let untagged = env!("CARGO_BIN_EXE_tenants_untagged");
    stderr(&scratch.command(untagged, &["doctor", "--login", "x"]).output().unwrap(), 2);
}

/// What the schema of SARIF 2.1.0 requires, of all that is written.
#[tokio::test]
async fn sarif_is_what_its_schema_requires() {
    let (scratch, directory) = (spotless().await, Directory::new());
    let faults = "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY; CREATE UNIQUE INDEX by_title ON posts (title);
        CREATE TABLE drafts (tenant text)";
    scratch.run("owner", faults).await;
    let entry = "[[allow]]\nlint = \"T408\"\nobject = \"public.drafts\"\nreason = \"empty\"\n";
    let allow = allowed(&directory, &scratch, entry);
    let log = json(&scratch.doctor(&["--allow", &allow, "--format", "sarif"]), 1);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "tenants doctor");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["id"].as_str().unwrap().starts_with('T'), "{rule}");
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
        let anchor = format!("/docs/doctor.md#{}", rule["id"].as_str().unwrap().to_lowercase());
        assert!(rule["helpUri"].as_str().unwrap().ends_with(&anchor), "{rule}");
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["error", "warning", "note"].contains(&level), "{rule}");
        let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.0..=10.0).contains(&score), "{rule}");
    }
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let location = &result["locations"][0];
        assert!(location["logicalLocations"][0]["fullyQualifiedName"].is_string(), "{result}");
    }
    let of = |lint: &str| results.iter().find(|it| it["ruleId"] == lint).unwrap();
    assert_eq!(of("T203")["level"], "error");
    let place = &of("T304")["locations"][0]["physicalLocation"];
    assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with("tenants.rs"), "{place}");
    assert!(place["region"]["startLine"].as_u64().unwrap() > 0, "{place}");
    assert_eq!(of("T203")["suppressions"], Value::Null);
    let suppression = &of("T408")["suppressions"][0];
    assert_eq!(suppression["kind"], "external");
    assert_eq!(suppression["justification"], "empty");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}
