//! What was found.

use super::allow::{AllowList, Allowance};
use super::lint::{Lint, Severity};

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What found it.
    pub lint: &'static Lint,
    /// What it is about, such as `public.posts`.
    pub object: String,
    /// What is wrong with that.
    pub detail: String,
    /// SQL that repairs it, for the owner or, where it is about roles and the server, an administrator.
    pub remedy: Option<String>,
    /// Why it may stay.
    pub allowed: Option<String>,
}

/// A lint that did not run to its end, so nobody knows what it would have found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrun {
    /// The lint.
    pub lint: &'static Lint,
    /// What the server or the driver said.
    pub reason: String,
}

/// All that was found, the worst first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "a report that nobody reads protects nobody"]
pub struct Report {
    /// The faults, also those that may stay.
    pub findings: Vec<Finding>,
    /// The lints that did not run.
    pub unrun: Vec<Unrun>,
    /// Allowances that match nothing any more.
    pub stale: Vec<Allowance>,
}

impl Report {
    /// Puts the worst first.
    pub fn new(mut findings: Vec<Finding>, unrun: Vec<Unrun>) -> Self {
        findings.sort_by(|a, b| {
            let key = |finding: &Finding| (finding.lint.severity, finding.lint.id);
            let ((a_severity, a_id), (b_severity, b_id)) = (key(a), key(b));
            (b_severity, a_id, &a.object, &a.detail).cmp(&(a_severity, b_id, &b.object, &b.detail))
        });
        Self { findings, unrun, stale: Vec::new() }
    }

    /// Marks the faults that may stay.
    pub fn allow(mut self, list: &AllowList) -> Self {
        let mut used = vec![false; list.entries().len()];
        for finding in &mut self.findings {
            for (entry, used) in list.entries().iter().zip(&mut used) {
                if entry.is_about(finding) {
                    *used = true;
                    finding.allowed.get_or_insert_with(|| entry.reason.clone());
                }
            }
        }
        let unused = list.entries().iter().zip(used).filter(|(_, used)| !used);
        // Of a lint that did not run nobody knows.
        let ran =
            unused.filter(|(entry, _)| self.unrun.iter().all(|unrun| unrun.lint != entry.lint));
        self.stale = ran.map(|(entry, _)| entry.clone()).collect();
        self
    }

    /// Whether every lint ran, no allowance is stale, and no fault of this severity or a worse one is there
    /// that may not stay.
    #[must_use]
    pub fn is_clean(&self, fail_on: Severity) -> bool {
        self.unrun.is_empty() && self.stale.is_empty() && self.open(fail_on).next().is_none()
    }

    /// The faults of this severity or a worse one that may not stay.
    pub fn open(&self, fail_on: Severity) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |found| found.allowed.is_none() && found.lint.severity >= fail_on)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::doctor::LINTS;

    fn lint(id: &str) -> &'static Lint {
        LINTS.iter().find(|lint| lint.id == id).unwrap()
    }

    fn finding(id: &str, object: &str) -> Finding {
        let (object, detail) = (object.to_owned(), "as it is".to_owned());
        Finding { lint: lint(id), object, detail, remedy: None, allowed: None }
    }

    fn report() -> Report {
        Report::new(
            vec![
                finding("T302", "a"),
                finding("T203", "b"),
                finding("T202", "c"),
                finding("T203", "a"),
            ],
            vec![],
        )
    }

    fn allowance(id: &str, object: &str) -> Allowance {
        Allowance::new(id, object, "why").unwrap()
    }

    #[test]
    fn the_worst_comes_first() {
        let report = report();
        let order: Vec<_> =
            report.findings.iter().map(|it| (it.lint.id, it.object.as_str())).collect();
        assert_eq!(order, [("T202", "c"), ("T203", "a"), ("T203", "b"), ("T302", "a")]);
    }

    #[test]
    fn what_may_stay_is_no_reason_to_fail_and_what_is_stale_is() {
        assert!(!report().is_clean(Severity::Critical));
        let all = ["T202", "T203", "T302"].map(|id| allowance(id, "*"));
        let allowed = report().allow(&all.clone().into_iter().collect());
        assert!(allowed.is_clean(Severity::Info));
        assert_eq!(allowed.findings.len(), 4);
        let part = report().allow(&all[..2].iter().cloned().collect());
        assert!(part.is_clean(Severity::Medium) && !part.is_clean(Severity::Low));
        let stale = report().allow(&all.into_iter().chain([allowance("T202", "x")]).collect());
        assert_eq!(stale.stale, [allowance("T202", "x")]);
        assert!(!stale.is_clean(Severity::Critical));
    }

    #[test]
    fn a_lint_that_did_not_run_is_never_clean_and_makes_no_allowance_stale() {
        let unrun = Unrun { lint: lint("T202"), reason: "time was up".to_owned() };
        let report =
            Report::new(vec![], vec![unrun]).allow(&[allowance("T202", "x")].into_iter().collect());
        assert_eq!(report.stale, []);
        assert!(!report.is_clean(Severity::Critical));
        assert!(report.to_string().contains("not run   T202"), "{report}");
    }
}
