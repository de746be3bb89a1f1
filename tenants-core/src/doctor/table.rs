//! A report for people.

use std::fmt;

use super::report::Report;

/// One finding: a line of severity, lint, object and detail, and below it what to do.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
        let object = width(&mut self.findings.iter().map(|found| found.object.chars().count()));
        for found in &self.findings {
            let lint = found.lint;
            writeln!(
                f,
                "{:<8}  {}  {:<object$}  {}: {}",
                lint.severity, lint.id, found.object, lint.title, found.detail
            )?;
            match (&found.allowed, &found.remedy) {
                (Some(reason), _) => writeln!(f, "{:16}allowed: {reason}", "")?,
                (None, Some(sql)) => writeln!(f, "{:16}{sql};", "")?,
                (None, None) => writeln!(f, "{:16}{}", "", lint.remedy)?,
            }
        }
        for unrun in &self.unrun {
            writeln!(f, "could not run  {}  {}: {}", unrun.lint.id, unrun.lint.title, unrun.reason)?;
        }
        for stale in &self.stale {
            writeln!(
                f,
                "stale allowance  {}  {}: it matches nothing; remove it (its reason was: {})",
                stale.lint.id, stale.object, stale.reason
            )?;
        }
        Ok(())
    }
}
