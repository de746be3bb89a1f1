//! One fault, from before it is there until its remedy has run.

use tenants_diesel::doctor::{Finding, LINTS, Lint, Report, Target, examine};
use tenants_diesel::{Isolation, Roles};
use tenants_tests::schema::all_registry;
use tenants_tests::{Database, SUPERUSER};

/// What makes a lint fire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    /// The id.
    pub(super) lint: &'static str,
    /// What the superuser does; `{login}` is the login of this database alone, `{new}` a name that no other
    /// role has.
    pub(super) fault: &'static str,
    /// A part of what the lint then names.
    pub(super) object: &'static str,
    /// A part of what it says.
    pub(super) detail: &'static str,
    /// What repairs it.
    pub(super) repair: Repair,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    /// The remedies of all findings, which the superuser runs.
    Remedy,
    /// No statement would be right for every application.
    None,
}

/// A lint of this id.
pub(super) fn lint(id: &str) -> &'static Lint {
    LINTS.iter().find(|lint| lint.id == id).unwrap_or_else(|| panic!("no lint {id}"))
}

/// A database, and the login that it is looked at for.
pub(super) struct Patient {
    pub(super) database: Database,
    pub(super) login: String,
    new: String,
}

impl Patient {
    pub(super) async fn new(isolation: Isolation) -> Self {
        let database = Database::isolated_by(isolation).await;
        let login = database.runtime_login().await;
        Self { database, login, new: tenants_tests::unique_id() }
    }

    pub(super) async fn run(&self, sql: &str) {
        let sql = self.fill(sql);
        // One by one: some statements refuse to run in a transaction with others.
        for statement in sql.split(";;") {
            self.database.run(SUPERUSER, statement).await;
        }
    }

    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{login}", &self.login).replace("{new}", &self.new)
    }

    pub(super) fn target(&self) -> Target {
        Target::new(&all_registry(), &Roles::default(), &self.login, Some("admin_login"))
    }

    /// What the lints find, as the login without rights that they are made for.
    pub(super) async fn examine(&self, lints: impl IntoIterator<Item = &'static Lint>) -> Report {
        let mut connection = self.database.connect("app_login").await;
        let mut other = self.database.connect("app_login").await;
        examine(&mut connection, Some(&mut other), &self.target(), lints).await
    }

    async fn findings(&self, lint: &'static Lint) -> Vec<Finding> {
        let report = self.examine([lint]).await;
        assert_eq!(report.unrun, [], "{}", lint.id);
        report.findings
    }
}

/// Checks a case from its start to its end.
pub(super) async fn check(case: &Case, isolation: Isolation) {
    let patient = Patient::new(isolation).await;
    let lint = lint(case.lint);
    let what = format!("{} after {}", case.lint, case.fault);
    let before = patient.findings(lint).await;
    patient.run(case.fault).await;
    let found: Vec<Finding> =
        patient.findings(lint).await.into_iter().filter(|now| !before.contains(now)).collect();
    let (object, detail) = (patient.fill(case.object), patient.fill(case.detail));
    assert!(
        found.iter().any(|it| it.object.contains(&object) && it.detail.contains(&detail)),
        "{what}: {found:?}"
    );
    let remedies: Vec<&str> = found.iter().filter_map(|it| it.remedy.as_deref()).collect();
    match case.repair {
        Repair::Remedy => {
            assert_eq!(remedies.len(), found.len(), "{what}: {found:?}");
            for remedy in remedies {
                println!("{}: {remedy}", case.lint);
                patient.run(remedy).await;
            }
            assert_eq!(patient.findings(lint).await, before, "{what}");
        }
        Repair::None => assert_eq!(remedies, [""; 0], "{what}"),
    }
}

/// Checks all cases of a file.
pub(super) async fn check_all(cases: &[Case]) {
    for case in cases {
        check(case, Isolation::SharedRole).await;
    }
}

/// A case with a remedy.
pub(super) const fn repaired(
    lint: &'static str,
    fault: &'static str,
    object: &'static str,
    detail: &'static str,
) -> Case {
    Case { lint, fault, object, detail, repair: Repair::Remedy }
}

/// A case without one.
pub(super) const fn told(
    lint: &'static str,
    fault: &'static str,
    object: &'static str,
    detail: &'static str,
) -> Case {
    Case { lint, fault, object, detail, repair: Repair::None }
}
