//! `tenants doctor`: each lint finds its fault, its remedy repairs it, and where nothing is wrong all are quiet.

mod case;
mod clean;
mod code;
mod columns;
mod command;
mod page;
mod policies;
mod rights;
mod roles;
mod server;

use std::collections::BTreeSet;

use tenants_diesel::doctor::LINTS;

/// Who adds a lint shows that it finds something.
#[test]
fn every_lint_has_a_case_that_makes_it_fire() {
    let cases = [
        code::CASES,
        columns::CASES,
        policies::CASES,
        rights::CASES,
        roles::CASES,
        roles::WITH_ROLES,
        server::CASES,
    ];
    let fired = cases.concat().into_iter().map(|case| case.lint);
    let elsewhere = [command::WITH_ROLES_OF_ITS_OWN].into_iter().chain(server::ELSEWHERE);
    let fired: BTreeSet<_> = fired.chain(elsewhere).collect();
    let known: BTreeSet<_> = LINTS.iter().map(|lint| lint.id).collect();
    assert_eq!(fired, known);
}

#[test]
fn ids_are_unique_and_sorted() {
    assert!(LINTS.is_sorted_by(|a, b| a.id < b.id));
}
