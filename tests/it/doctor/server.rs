//! Lints of the server, and those that need a set-up of their own.

use tenants_diesel::doctor::{Check, Lint};
use tenants_diesel::{Isolation, Roles, doctor};
use tenants_tests::schema::all_registry;
use tenants_tests::{Database, SUPERUSER};

use super::case::{Case, Patient, check_all, lint, repaired, told};

pub(super) const CASES: &[Case] = &[
    told(
        "T602",
        "DO $$ BEGIN
            SET LOCAL allow_system_table_mods = on;
            EXECUTE 'CREATE OR REPLACE VIEW pg_catalog.pg_stats_ext AS '
                || regexp_replace(pg_get_viewdef('pg_stats_ext'), 'pg_has_role\\([^)]*\\)', 'true', 'g');
        END $$",
        "pg_catalog.pg_stats_ext",
        "shows values",
    ),
    repaired(
        "T603",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lo_compat_privileges = on', current_database()); END $$",
        "lo_compat_privileges",
        "is on",
    ),
    told("T603", "SET ROLE tenants_app; SELECT lo_create(0)", "tenants_app", "owns large objects"),
    repaired(
        "T606",
        "REVOKE EXECUTE ON FUNCTION pg_advisory_unlock_all() FROM PUBLIC",
        "{login}",
        "may not call",
    ),
];

/// The lints of the tests below.
pub(super) const ELSEWHERE: [&str; 5] = ["T309", "T407", "T601", "T604", "T605"];

#[tokio::test]
async fn faults_of_the_server_are_found_and_repaired() {
    check_all(CASES, Isolation::SharedRole).await;
}

#[tokio::test]
async fn set_config_is_told_until_it_is_revoked_or_scopes_are_signed() {
    let patient = Patient::new(Isolation::SharedRole).await;
    let set_config = lint("T407");
    let found = patient.examine([set_config]).await.findings;
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.object, "pg_catalog.set_config");
    assert_eq!(finding.detail, "EXECUTE to PUBLIC");
    patient.run(finding.remedy.as_deref().unwrap()).await;
    assert_eq!(patient.examine([set_config]).await.findings, []);
    // Scopes do without it.
    patient.database.pool().await.create_tenant("acme").await.unwrap();

    let signed = Patient::new(Isolation::SharedRole).await;
    assert_ne!(signed.examine([set_config]).await.findings, []);
    signed.database.sign().await;
    assert_eq!(signed.examine([set_config, lint("T204")]).await.findings, []);
}

/// Where only some policies ask for the signature, rows are found by a tenant that a statement can change.
#[tokio::test]
async fn a_policy_that_asks_for_no_signature_among_those_that_do_is_found_and_repaired() {
    const CLAIMS: [(&str, &str); 4] =
        [("posts", ""), ("notes", "::integer"), ("orders", "::bigint"), ("files", "::uuid")];
    let patient = Patient::new(Isolation::SharedRole).await;
    patient.database.sign().await;
    let both = || [lint("T204"), lint("T407")];
    for (table, cast) in CLAIMS {
        for policy in ["tenants_isolation", "tenants_guard"] {
            let claim = format!("(tenant = tenants.current_tenant(){cast})");
            let alter =
                format!("ALTER POLICY {policy} ON {table} USING {claim} WITH CHECK {claim}");
            patient.run(&alter).await;
            let found = patient.examine(both()).await.findings;
            let ids: Vec<_> = found.iter().map(|finding| finding.lint.id).collect();
            assert_eq!(ids, ["T204", "T407"], "{policy} on {table}");
            assert_eq!(found[0].object, format!("public.{table}.{policy}"));
            patient.run(found[0].remedy.as_deref().unwrap()).await;
            assert_eq!(patient.examine(both()).await.findings, [], "{policy} on {table}");
        }
    }
}

/// The server of a test may have no known fault, so this one asks as if it were older.
#[tokio::test]
async fn a_server_with_known_faults_is_told_what_fixes_them() {
    let patient = Patient::new(Isolation::SharedRole).await;
    let faults = lint("T601");
    for (version, expected) in [
        ("150000", Some(("CVE-2023-39418", "is fixed in 15.4; the server is 15.0"))),
        (
            "160015",
            Some((
                "CVE-2026-120154",
                "is fixed in 16.16 (assumed from the releases of other versions); the server is 16.15",
            )),
        ),
        ("130023", Some(("PostgreSQL 13", "is older than what this library knows"))),
        ("150099", None),
        ("190000", None),
    ] {
        let aged = as_if_of_version(faults, version);
        let report = patient.examine([aged]).await;
        assert_eq!(report.unrun, []);
        let found: Vec<_> =
            report.findings.iter().map(|it| (it.object.as_str(), it.detail.as_str())).collect();
        match expected {
            Some((object, detail)) => {
                assert!(
                    found.iter().any(|it| it.0 == object && it.1.contains(detail)),
                    "{found:?}"
                );
            }
            None => assert_eq!(found, []),
        }
    }
}

fn as_if_of_version(lint: &'static Lint, version: &str) -> &'static Lint {
    let Check::Catalog(sql) = lint.check else { panic!("{lint:?}") };
    let version = format!("'{version}'::integer");
    let sql = sql.replace("current_setting('server_version_num')::integer", &version);
    Box::leak(Box::new(Lint { check: Check::Catalog(Box::leak(sql.into_boxed_str())), ..*lint }))
}

#[tokio::test]
async fn another_encoding_is_told() {
    let database = Database::in_encoding("LATIN1").await;
    let target = doctor::Target::new(&all_registry(), &Roles::default(), "app_login", None);
    let mut connection = database.connect(SUPERUSER).await;
    let report = doctor::examine(&mut connection, None, &target, [lint("T604")]).await;
    let [found] = report.findings.as_slice() else { panic!("{report:?}") };
    assert_eq!(found.detail, "its encoding is LATIN1");
}

/// It reads rows, so it takes somebody who sees them all. The owner, whom FORCE binds, gets no silence.
#[tokio::test]
async fn rows_that_reference_rows_across_tenants_are_told_by_data() {
    let patient = Patient::new(Isolation::SharedRole).await;
    let examine = async |login: &str| {
        let mut connection = patient.database.connect(login).await;
        doctor::examine(&mut connection, None, &patient.target(), [lint("T309"), lint("T203")])
            .await
    };
    let keys = "INSERT INTO posts (id, tenant, title) VALUES (1, 'a', 'x'), (2, 'b', 'y');
        CREATE UNIQUE INDEX by_id ON posts (id);
        ALTER TABLE posts ADD parent bigint REFERENCES posts (id), ADD other bigint";
    patient.run(keys).await;
    assert_eq!(examine(SUPERUSER).await, doctor::Report::default());
    patient.run("UPDATE posts SET parent = 1 WHERE id = 2").await;
    let report = examine(SUPERUSER).await;
    let [found] = report.findings.as_slice() else { panic!("{report:?}") };
    assert_eq!(found.object, "public.posts.posts_parent_fkey");
    assert!(found.detail.contains("that belong to other tenants"), "{found:?}");
    // Validated by the owner, who sees nothing.
    patient.run("UPDATE posts SET parent = NULL; UPDATE posts SET other = 9").await;
    let add = "ALTER TABLE posts ADD CONSTRAINT other FOREIGN KEY (tenant, other) REFERENCES posts";
    patient.database.run("owner", add).await;
    let report = examine(SUPERUSER).await;
    let [found] = report.findings.as_slice() else { panic!("{report:?}") };
    assert_eq!(found.object, "public.posts.other");
    assert!(found.detail.contains("that are not there"), "{found:?}");
    let report = examine("owner").await;
    assert_eq!(report.findings, []);
    assert_eq!(report.unrun.iter().map(|it| it.lint.id).collect::<Vec<_>>(), ["T309"]);
    patient.run("ALTER TABLE posts NO FORCE ROW LEVEL SECURITY").await;
    let report = examine("owner").await;
    assert_eq!(report.findings.iter().map(|it| it.lint.id).collect::<Vec<_>>(), ["T203", "T309"]);
    assert_eq!(report.unrun, []);
}
