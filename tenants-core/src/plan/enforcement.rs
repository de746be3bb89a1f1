//! Whether policies hold, or only record what they would hide or refuse.

use crate::catalog::{Catalog, Relation};
use crate::ddl::observe;
use crate::ddl::policy::{self, Policy};
use crate::quote::Sql;
use crate::signature::Signing;
use crate::table::Table;

use super::{Drift, Fault, Note, Step, hardening};

/// What the policies of a database do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Enforcement {
    /// They hide the rows of others, and refuse to write them.
    #[default]
    Enforce,
    /// On tables that are not enforced yet they let everything through, and record what enforced ones would not.
    Observe,
}

impl Enforcement {
    /// What becomes of one table: what is enforced stays so, whatever was asked for.
    pub(super) fn of_table(self, table: &Table, catalog: &Catalog) -> Self {
        let enforced = Policy::all(Signing::Off).map(Policy::name);
        // Without the last one, which observed tables have as well.
        let enforced = &enforced[..2];
        let is_enforced = tree(table, catalog)
            .any(|relation| relation.policies.iter().any(|live| enforced.contains(&live.name)));
        if is_enforced || table.tenant_type().is_none() { Self::Enforce } else { self }
    }

    /// What an observing policy must not be put beside: permissive, it would open what others keep shut.
    pub(super) fn faults(self, table: &Table, catalog: &Catalog) -> Vec<Fault> {
        let observed = Policy::Observe.name();
        let is_restricted = |relation: &&Relation| {
            let is_observed = relation.policies.iter().any(|live| live.name == observed);
            relation.row_security && !is_observed
                || relation.policies.iter().any(|live| !policy::is_ours(&live.name))
        };
        // Whoever reads a table reads what inherits from it, by the policies of the former alone: also what is
        // registered itself, and enforced.
        let restricted = hardening::tree(catalog, &table.name).filter(is_restricted);
        match self {
            Self::Enforce => vec![],
            Self::Observe => restricted
                .map(|relation| Fault::ObservationOpens { table: relation.name.clone() })
                .collect(),
        }
    }

    pub(super) fn policies(self, signing: Signing) -> Vec<Policy> {
        match self {
            Self::Enforce => Policy::all(signing).to_vec(),
            Self::Observe => Policy::observing().to_vec(),
        }
    }

    /// Takes the observing policy of an enforced table away.
    pub(super) fn end_of_observation(self, relation: &Relation) -> Option<Step> {
        let name = Policy::Observe.name();
        let live = relation.policies.iter().find(|live| live.name == name)?;
        let table = &relation.name;
        (self == Self::Enforce).then(|| Step {
            on: Some(table.clone()),
            drift: Drift::Observed,
            up: policy::drop(&name, table),
            // It observes anew, from when that runs.
            down: Sql::lines([policy::restore(live, table), observe::since_now(table)]),
        })
    }
}

/// What the operator should know of a plan that begins or ends to observe.
pub(super) fn note<'a>(steps: impl Iterator<Item = &'a Step>) -> Option<Note> {
    let observed = Policy::Observe.name();
    steps.fold(None, |note, step| match &step.drift {
        Drift::Observed => Some(Note::Enforces),
        Drift::PolicyMissing { policy } if *policy == observed => Some(Note::Observes),
        _ => note,
    })
}

fn tree<'a>(table: &'a Table, catalog: &'a Catalog) -> impl Iterator<Item = &'a Relation> {
    catalog.relations.values().filter(|relation| relation.root == table.name)
}
