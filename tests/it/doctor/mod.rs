//! `tenants doctor`: each lint finds its fault, its remedy repairs it, and where nothing is wrong all are quiet.

mod case;
mod clean;
mod policies;
mod rights;
mod roles;

use std::collections::BTreeSet;

use tenants_diesel::doctor::LINTS;

/// Who adds a lint shows that it finds something.
#[test]
fn every_lint_has_a_case_that_makes_it_fire() {
    let cases = [policies::CASES, rights::CASES, roles::CASES].concat();
    let fired: BTreeSet<_> = cases.iter().map(|case| case.lint).collect();
    let known: BTreeSet<_> = LINTS.iter().map(|lint| lint.id).collect();
    assert_eq!(fired, known);
}

#[test]
fn ids_are_unique_and_sorted() {
    assert!(LINTS.is_sorted_by(|a, b| a.id < b.id));
}
