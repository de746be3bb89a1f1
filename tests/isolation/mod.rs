//! What an attacker tries, one file for each family, and how it ends.
//!
//! An attack is data ([`attack`]): its statements, and how it must end in each way to tell tenants
//! apart. It succeeds if a secret of `b` reached `a`, if something of `b` changed, if what `a` sees
//! depends on what `b` did, or if `b` was hindered ([`attempt`]). Each runs without this library, in the
//! scope that its messages set, and through both kinds of pool ([`doors`]). What came of it is the table
//! of `docs/SECURITY.md` ([`table`]). [`mutation`] takes the protection away, and sees that attacks succeed then.
//!
//! What takes more than statements, such as streams and futures that are dropped, is in [`pools`].

mod attack;
mod attempt;
mod doors;
mod ground;
mod relay;
mod stage;
mod table;

mod inference;
mod misconfigurations;
mod mistakes;
mod mutation;
mod pools;
mod residues;
mod statements;
mod switches;

use std::thread;

use attack::{Attack, Outcome};
use stage::{Mode, Stage};
use table::{Line, Section};
use tokio::runtime::{Builder, Runtime};

const FAMILIES: [(&str, &[Attack]); 6] = [
    ("Switches inside of one statement", switches::ATTACKS),
    ("Whole statements, and several", statements::ATTACKS),
    ("Mistakes", mistakes::ATTACKS),
    ("Inference", inference::ATTACKS),
    ("What stays on a connection", residues::ATTACKS),
    ("What operators do", misconfigurations::ATTACKS),
];

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn all() -> impl Iterator<Item = &'static Attack> {
    FAMILIES.iter().flat_map(|(_, attacks)| attacks.iter())
}

/// How all attacks end in a mode, by attack and way, and the server's version.
fn outcomes(mode: Mode) -> (u32, Vec<Vec<Outcome>>) {
    runtime().block_on(async {
        let template = Stage::new(mode).await;
        (template.version, ground::outcomes(&template, all()).await)
    })
}

#[test]
fn every_attack_ends_as_the_table_says() {
    let by_mode: Vec<_> = thread::scope(|threads| {
        let modes = Mode::ALL
            .into_iter()
            .enumerate()
            .map(|(at, mode)| (at, threads.spawn(move || outcomes(mode))));
        let modes: Vec<_> = modes.collect();
        modes.into_iter().map(|(at, outcomes)| (at, outcomes.join().unwrap())).collect()
    });
    let version = by_mode[0].1.0;
    let mut wrong = Vec::new();
    let mut sections = Vec::new();
    let mut number = 0;
    for (title, attacks) in FAMILIES {
        let mut lines = Vec::new();
        for attack in attacks {
            let mut line = Line { attack, raw: Vec::new(), pooled: Vec::new() };
            for (mode, (_, ways)) in &by_mode {
                let [raw, by_async, by_sync] = ways[number][..] else {
                    panic!("one outcome a way")
                };
                let [sent, pooled] = attack.expected_on(version, *mode);
                let expected = [sent, pooled, pooled];
                if [raw, by_async, by_sync] != expected && raw != Outcome::NotApplicable {
                    let found = [raw, by_async, by_sync].map(|outcome| outcome.to_string());
                    let expected = expected.map(|outcome| outcome.to_string());
                    let mode = Mode::ALL[*mode].name();
                    wrong.push(format!("{} in {mode}: {found:?}, not {expected:?}", attack.id));
                }
                line.raw.push(raw);
                line.pooled.push(by_async);
            }
            lines.push(line);
            number += 1;
        }
        sections.push(Section { title, lines });
    }
    let table = table::render(&sections);
    eprintln!("{table}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The document says what came of them on one version, and the expectations hold on all.
    if version / 10_000 == table::VERSION && attack::is_fixed(version) {
        table::assert_current(&table);
    }
}
