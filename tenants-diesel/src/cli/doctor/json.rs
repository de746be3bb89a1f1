//! A report for programs. docs/doctor.md describes the shape, which only grows.

use serde_json::{Value, json};
use tenants_core::doctor::{Allowance, Finding, Report, Severity, Unrun};

pub(super) fn render(report: &Report, fail_on: Severity) -> String {
    let value = json!({
        "version": 1,
        "clean": report.is_clean(fail_on),
        "fail_on": fail_on.as_str(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "not_run": report.unrun.iter().map(unrun).collect::<Vec<_>>(),
        "stale_allowances": report.stale.iter().map(stale).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn finding(finding: &Finding) -> Value {
    let Finding { lint, object, detail, remedy, allowed } = finding;
    json!({
        "lint": lint.id,
        "severity": lint.severity.as_str(),
        "title": lint.title,
        "object": object,
        "detail": detail,
        "remedy": lint.remedy,
        "sql": remedy,
        "allowed": allowed,
        "help": lint.help_uri(),
    })
}

fn unrun(unrun: &Unrun) -> Value {
    json!({ "lint": unrun.lint.id, "title": unrun.lint.title, "reason": unrun.reason })
}

fn stale(stale: &Allowance) -> Value {
    json!({ "lint": stale.lint.id, "object": stale.object, "reason": stale.reason })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tenants_core::doctor::{AllowList, LINTS};

    use super::*;

    /// Programs rely on each of these names.
    #[test]
    fn the_shape_only_grows() {
        let lint = &LINTS[0];
        let found = |object: &str, remedy| Finding {
            lint,
            object: object.to_owned(),
            detail: "as it is".to_owned(),
            remedy,
            allowed: None,
        };
        let findings = vec![found("a", None), found("b", Some("REVOKE \"x\"".to_owned()))];
        let unrun = Unrun { lint: &LINTS[1], reason: "time was up".to_owned() };
        let allowed = ["a", "z"].map(|object| Allowance::new(lint.id, object, "why").unwrap());
        let report = Report::new(findings, vec![unrun]).allow(&AllowList::from_iter(allowed));
        let expected = json!({
            "version": 1,
            "clean": false,
            "fail_on": "low",
            "findings": [
                {
                    "lint": "T101", "severity": "critical", "title": lint.title, "object": "a", "detail": "as it is",
                    "remedy": lint.remedy, "sql": null, "allowed": "why", "help": lint.help_uri(),
                },
                {
                    "lint": "T101", "severity": "critical", "title": lint.title, "object": "b", "detail": "as it is",
                    "remedy": lint.remedy, "sql": "REVOKE \"x\"", "allowed": null, "help": lint.help_uri(),
                },
            ],
            "not_run": [{ "lint": "T102", "title": LINTS[1].title, "reason": "time was up" }],
            "stale_allowances": [{ "lint": "T101", "object": "z", "reason": "why" }],
        });
        let written: Value = serde_json::from_str(&render(&report, Severity::Low)).unwrap();
        assert_eq!(written, expected);
    }
}
