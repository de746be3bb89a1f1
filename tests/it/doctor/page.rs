//! `docs/doctor.md`, which is written from the lints. `BLESS=1` writes it anew.

use std::fmt::Write;

use tenants_diesel::doctor::{Check, LINTS, Severity};

use crate::golden::assert_golden;

const HEAD: &str = include_str!("page.md");

#[test]
fn the_page_of_the_doctor_has_every_lint() {
    let mut page = HEAD.replace("{severities}", &severities());
    page.push_str("| lint | severity | |\n|---|---|---|\n");
    for lint in LINTS {
        let anchor = lint.id.to_lowercase();
        let _ = writeln!(page, "| [{}](#{anchor}) | {} | {} |", lint.id, lint.severity, lint.title);
    }
    for lint in LINTS {
        let query = match lint.check {
            Check::Catalog(_) => file(lint.id),
            Check::Rows(_) => format!("{}, with `--data` alone", file(lint.id)),
            Check::Sessions(_) => format!("{}, asked on two connections in turn", file(lint.id)),
        };
        let _ = write!(
            page,
            "\n<a id=\"{}\"></a>\n\n### {}: {}\n\nSeverity: {}. Query: {query}.\n\n{}\n\n**Remedy.** {}\n",
            lint.id.to_lowercase(),
            lint.id,
            lint.title,
            lint.severity,
            lint.meaning,
            lint.remedy
        );
    }
    assert_golden("../../docs/doctor.md", &page);
}

fn severities() -> String {
    let meaning = |severity| match severity {
        Severity::Critical => "rows of one tenant can be read or written by another",
        Severity::High => {
            "tenants learn of each other or harm each other, or the next change opens a table"
        }
        Severity::Medium => "a layer of the defence is missing, and another one still holds",
        Severity::Low => "costs speed, or hides a fault that is none yet",
        Severity::Info => "known, documented and possibly wanted",
    };
    Severity::ALL.iter().map(|it| format!("| {it} | {} |\n", meaning(*it))).collect()
}

/// The file that holds the query of a lint.
fn file(id: &str) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tenants-core/src/doctor/lints");
    let mut names = std::fs::read_dir(directory).unwrap().map(|it| it.unwrap().file_name());
    let name = names.find(|name| name.to_str().unwrap().starts_with(id)).unwrap();
    let name = name.to_str().unwrap();
    format!("[`{name}`](../tenants-core/src/doctor/lints/{name})")
}
