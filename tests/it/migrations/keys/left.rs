//! Keys that stay as they are, each with its reason, and `tenants.toml`.

use std::fs;

use tenants_core::plan::Note;
use tenants_diesel::Registry;

use super::super::golden::{plan, tagged};
use super::super::scratch::{Directory, Scratch, stderr, stdout, written};
use super::{comments, composite, posts};

const POSTS: &str =
    "CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL, slug text, UNIQUE (slug));";

/// What is there, and the reasons that are given.
const LEFT: &[(&str, &[&str])] = &[
    ("CREATE VIEW v AS SELECT id, slug FROM posts GROUP BY id", &["public.v depend on it"]),
    (
        "ALTER TABLE posts REPLICA IDENTITY USING INDEX posts_pkey",
        &["REPLICA IDENTITY USING INDEX depend on it"],
    ),
    ("ALTER TABLE posts ADD EXCLUDE (slug WITH =)", &["it excludes overlaps"]),
    (
        "CREATE TABLE outside (post integer CONSTRAINT out REFERENCES posts)",
        &["`out` of `\"public\".\"outside\"`, whose rows belong to no tenant"],
    ),
    (
        "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT up REFERENCES posts ON UPDATE SET NULL)",
        &[
            "its ON UPDATE would set the tenant column",
            "`up` of `\"public\".\"comments\"` references it, and stays",
        ],
    ),
    (
        "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT full_one REFERENCES posts MATCH FULL)",
        &[
            "MATCH FULL would refuse rows",
            "`full_one` of `\"public\".\"comments\"` references it, and stays",
        ],
    ),
];

#[tokio::test]
async fn what_stays_has_its_reason_and_is_no_difference() {
    for (more, reasons) in LEFT {
        let scratch = Scratch::new().await;
        scratch.set_up(&[]);
        scratch.run("owner", &format!("{POSTS} {more}")).await;
        let mut tables = vec![composite(tagged::<posts::table, posts::tenant>())];
        if more.contains("TABLE comments") {
            tables.push(composite(tagged::<comments::table, comments::owner>()));
        }
        let registry = Registry::new(tables).unwrap();
        let plan = plan(&scratch, &registry).await;
        let left = plan
            .notes
            .iter()
            .filter(|note| matches!(note, Note::KeyLeft { .. } | Note::ForeignKeyLeft { .. }));
        let said: Vec<_> = left.map(ToString::to_string).collect();
        assert_eq!(said.len(), reasons.len(), "{said:?}");
        for reason in *reasons {
            assert!(said.iter().any(|said| said.contains(reason)), "{reason}: {said:?}");
        }
        scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
        let again = super::super::golden::plan(&scratch, &registry).await;
        assert!(again.is_empty(), "{}", again.up_sql());
        let slug =
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'posts_slug_key'";
        assert_eq!(
            scratch.superuser_values(slug).await,
            ["UNIQUE (tenant, slug)"],
            "the other key"
        );
    }
}

#[tokio::test]
async fn a_file_asks_for_all_tables() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", include_str!("../tables.sql")).await;
    let project = Directory::new();
    fs::create_dir(project.join("migrations")).unwrap();
    let refused = |toml: &str, reason: &str| {
        fs::write(project.join("tenants.toml"), toml).unwrap();
        let said = stderr(&scratch.generate(&project, "keys"), 1);
        assert!(said.contains(reason) && said.contains("tenants.toml"), "{said}");
    };
    refused("composite_keys", "cannot be understood");
    refused("composite_keys = 'yes'", "write `composite_keys = true`");
    refused(
        "composed_keys = true",
        "unknown key `composed_keys`: expected `composite_keys = true`",
    );
    fs::write(project.join("tenants.toml"), "composite_keys = true").unwrap();
    stdout(&scratch.generate(&project, "keys"));
    let made = fs::read_dir(project.join("migrations")).unwrap().next().unwrap().unwrap().path();
    let up = fs::read_to_string(made.join("up.sql")).unwrap();
    assert!(up.contains(r#"PRIMARY KEY ("tenant", id)"#), "{up}");
    let check = || {
        let roles = scratch.role_args();
        let mut args = vec!["check", "--ignore-untagged"];
        args.extend(roles.iter().map(String::as_str));
        let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), &args);
        command.current_dir(&*project).output().unwrap()
    };
    let said = written(&check(), 1);
    assert!(said.contains("keys leave the tenant column out: `posts_pkey`"), "{said}");
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    written(&check(), 0);
    assert!(stdout(&scratch.generate(&project, "again")).contains("Nothing to do"));
}
