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
