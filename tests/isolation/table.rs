//! The table "attack x mode" of `docs/SECURITY.md`.

use std::fmt::Write;
use std::path::Path;

use super::attack::{Attack, Outcome};
use super::stage::Mode;

/// How one attack ended: by mode, and for each by way.
pub(super) struct Line {
    pub(super) attack: &'static Attack,
    pub(super) raw: Vec<Outcome>,
    pub(super) pooled: Vec<Outcome>,
}

/// One family of attacks.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) lines: Vec<Line>,
}

/// The major version of the server that the document speaks of.
pub(super) const VERSION: u32 = 15;

const BEGIN: &str = "<!-- attacks: written by a test; BLESS=1 writes it anew -->\n";
const END: &str = "<!-- end of attacks -->\n";

pub(super) fn render(sections: &[Section]) -> String {
    let modes = Mode::ALL.map(Mode::name);
    let mut text = String::new();
    for section in sections {
        let rule = "|---".repeat(modes.len() + 3);
        let modes = modes.join(" | ");
        write!(
            text,
            "\n### {}\n\n| | attack | {modes} | through a pool |\n{rule}|\n",
            section.title
        )
        .unwrap();
        for line in &section.lines {
            let Attack { id, title, .. } = line.attack;
            let title = title.replace('|', "\\|");
            let raw = line.raw.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
            writeln!(text, "| {id} | {title} | {raw} | {} |", through_pool(line)).unwrap();
        }
    }
    text
}

/// Nothing where it is the same.
fn through_pool(line: &Line) -> String {
    let same =
        line.raw.iter().map(|outcome| outcome.through_diesel()).eq(line.pooled.iter().copied());
    if same {
        return String::new();
    }
    let mut outcomes: Vec<_> = line.pooled.iter().map(ToString::to_string).collect();
    outcomes.dedup();
    outcomes.join(" / ")
}

/// Compares with the document, which `BLESS=1` writes anew.
pub(super) fn assert_current(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/SECURITY.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (head, rest) =
        document.split_once(BEGIN).expect("the document marks where the table begins");
    let (current, tail) = rest.split_once(END).expect("the document marks where the table ends");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
        return;
    }
    assert_eq!(current, table, "docs/SECURITY.md is out of date: BLESS=1 writes it anew");
}
