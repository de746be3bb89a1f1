//! A report for code scanning, in
//! [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

use serde_json::{Map, Value, json};
use tenants_core::doctor::{Finding, LINTS, Lint, Report, Severity};
use tenants_core::{Registry, Table};

pub(super) fn render(report: &Report, registry: &Registry) -> String {
    let results: Vec<_> = report.findings.iter().map(|it| result(it, registry)).collect();
    let value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tenants doctor",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": LINTS.iter().map(rule).collect::<Vec<_>>(),
            } },
            "invocations": [invocation(report)],
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    });
    format!("{value:#}\n")
}

fn rule(lint: &Lint) -> Value {
    json!({
        "id": lint.id,
        "shortDescription": { "text": lint.title },
        "fullDescription": { "text": lint.meaning },
        "help": { "text": lint.remedy },
        "helpUri": lint.help_uri(),
        "defaultConfiguration": { "level": level(lint.severity) },
        "properties": {
            "tags": ["security"],
            "severity": lint.severity.as_str(),
            "security-severity": score(lint.severity),
        },
    })
}

fn result(finding: &Finding, registry: &Registry) -> Value {
    let Finding { lint, object, detail, remedy, allowed } = finding;
    let remedy = remedy.as_ref().map_or_else(|| lint.remedy.to_owned(), |sql| format!("{sql};"));
    let mut location = Map::new();
    location.insert("logicalLocations".into(), json!([{ "fullyQualifiedName": object }]));
    if let Some(place) = place(object, registry) {
        location.insert("physicalLocation".into(), place);
    }
    let mut result = json!({
        "ruleId": lint.id,
        "ruleIndex": LINTS.iter().position(|known| known == *lint),
        "level": level(lint.severity),
        "message": { "text": format!("{object}: {}: {detail}. {remedy}", lint.title) },
        "locations": [location],
        "partialFingerprints": { "object/v1": object },
    });
    if let Some(reason) = allowed {
        let allowed = json!({ "kind": "external", "status": "accepted", "justification": reason });
        result["suppressions"] = json!([allowed]);
    }
    result
}

/// Where the table of an object is tagged.
fn place(object: &str, registry: &Registry) -> Option<Value> {
    let object = object.replace('"', "");
    let is_of = |table: &&Table| {
        let name = format!("{}.{}", table.name.schema().as_str(), table.name.name().as_str());
        object.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let declaration = registry.tables().find(is_of)?.declarations.first()?;
    Some(json!({
        "artifactLocation": { "uri": declaration.file.replace('\\', "/") },
        "region": { "startLine": declaration.line },
    }))
}

fn invocation(report: &Report) -> Value {
    let unrun = report.unrun.iter().map(|unrun| {
        json!({
            "level": "error",
            "message": { "text": format!("{} could not run: {}", unrun.lint.id, unrun.reason) },
            "associatedRule": { "id": unrun.lint.id },
        })
    });
    let stale = report.stale.iter().map(|stale| {
        let text =
            format!("the allowance of {} for {} matches nothing", stale.lint.id, stale.object);
        json!({
            "level": "warning",
            "message": { "text": text },
            "associatedRule": { "id": stale.lint.id },
        })
    });
    json!({
        "executionSuccessful": report.unrun.is_empty(),
        "toolExecutionNotifications": unrun.collect::<Vec<_>>(),
        "toolConfigurationNotifications": stale.collect::<Vec<_>>(),
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// As code scanning counts: of a CVSS score.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}
