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
    /// The first version of PostgreSQL that can have this fault.
    pub(super) since: i64,
}

impl Case {
    pub(super) const fn since(self, version: i64) -> Self {
        Self { since: version, ..self }
    }
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

    /// Each set-up of a login takes its time, so those that are not about the login share one.
    async fn of_case(case: &Case, isolation: Isolation) -> Self {
        if [case.fault, case.object, case.detail].iter().any(|text| text.contains("{login}")) {
            return Self::new(isolation).await;
        }
        let database = Database::isolated_by(isolation).await;
        Self { database, login: "app_login".to_owned(), new: tenants_tests::unique_id() }
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
    let patient = Patient::of_case(case, isolation).await;
    if patient.database.number("current_setting('server_version_num')").await < case.since {
        return;
    }
    let lint = lint(case.lint);
    let what = format!("{} after {}", case.lint, case.fault);
    let (object, detail) = (patient.fill(case.object), patient.fill(case.detail));
    // Roles belong to the whole server, where other tests are at work.
    let is_it = |it: &Finding| it.object.contains(&object) && it.detail.contains(&detail);
    let before = patient.findings(lint).await;
    assert!(!before.iter().any(is_it), "{what}: {before:?} before");
    patient.run(case.fault).await;
    let found = patient.findings(lint).await;
    let found: Vec<_> = found.iter().filter(|it| is_it(it)).collect();
    assert_ne!(found, [] as [&Finding; 0], "{what}: {:?}", patient.findings(lint).await);
    let remedies: Vec<_> = found.iter().map(|it| it.remedy.as_deref()).collect();
    match case.repair {
        Repair::Remedy => {
            for remedy in remedies {
                patient.run(remedy.expect(&what)).await;
            }
            let after = patient.findings(lint).await;
            assert!(!after.iter().any(is_it), "{what}: {after:?} after {found:?}");
        }
        Repair::None => assert!(remedies.iter().all(Option::is_none), "{what}: {found:?}"),
    }
}

/// Checks all cases of a file, also behind one that fails.
pub(super) async fn check_all(cases: &'static [Case], isolation: Isolation) {
    let mut failed = Vec::new();
    for case in cases {
        if tokio::spawn(check(case, isolation)).await.is_err() {
            failed.push(case.fault);
        }
    }
    assert_eq!(failed, [""; 0]);
}

/// A case with a remedy.
pub(super) const fn repaired(
    lint: &'static str,
    fault: &'static str,
    object: &'static str,
    detail: &'static str,
) -> Case {
    Case { lint, fault, object, detail, repair: Repair::Remedy, since: 0 }
}

/// A case without one.
pub(super) const fn told(
    lint: &'static str,
    fault: &'static str,
    object: &'static str,
    detail: &'static str,
) -> Case {
    Case { lint, fault, object, detail, repair: Repair::None, since: 0 }
}
