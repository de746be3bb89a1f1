//! A report for people.

use std::fmt;

use super::lint::Severity;
use super::report::{Finding, Report};

const INDENT: &str = "                ";

/// The findings, the worst first: severity, lint and object, below them what is wrong, and what repairs it. A last
/// line counts them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            write_finding(f, finding)?;
        }
        for unrun in &self.unrun {
            writeln!(f, "not run   {}  {}", unrun.lint.id, unrun.lint.title)?;
            writeln!(f, "{INDENT}nobody knows what it would have found: {}", unrun.reason)?;
        }
        for stale in &self.stale {
            writeln!(f, "stale     {}  {}", stale.lint.id, stale.object)?;
            writeln!(f, "{INDENT}this allowance matches nothing, remove it: {}", stale.reason)?;
        }
        self.write_summary(f)
    }
}

fn write_finding(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    let Finding { lint, object, detail, remedy, allowed } = finding;
    writeln!(f, "{:<8}  {}  {object}", lint.severity, lint.id)?;
    writeln!(f, "{INDENT}{}: {detail}", lint.title)?;
    match (allowed, remedy) {
        (Some(reason), _) => writeln!(f, "{INDENT}allowed: {reason}"),
        (None, Some(sql)) => writeln!(f, "{INDENT}{sql};"),
        (None, None) => writeln!(f, "{INDENT}{}", lint.remedy),
    }
}

impl Report {
    fn write_summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open: Vec<_> = self.open(Severity::Info).collect();
        let of = |severity| open.iter().filter(|it| it.lint.severity == severity).count();
        let counts = Severity::ALL.map(|severity| (of(severity), severity.as_str()));
        let rest = [
            (self.findings.len() - open.len(), "allowed"),
            (self.unrun.len(), "not run"),
            (self.stale.len(), "stale"),
        ];
        let counts = counts.into_iter().chain(rest).filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
        match counts.as_slice() {
            [] => writeln!(f, "Nothing was found."),
            counts => writeln!(f, "Found: {}.", counts.join(", ")),
        }
    }
}
