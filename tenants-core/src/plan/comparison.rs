//! A live database beside what the tags ask for.

use std::fmt;

use crate::catalog::Catalog;
use crate::quote::{Sql, TableName};
use crate::registry::Registry;
use crate::roles::Roles;
use crate::signature::Signing;

use super::{Drift, Enforcement, Fault, Plan};

/// All differences between a live database and the registered tables.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a comparison that nobody reads protects nobody"]
pub struct Comparison {
    /// First those that no migration repairs.
    pub differences: Vec<Difference>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Somebody has to decide, and the text says what.
    Fault(Fault),
    /// `tenants migration generate` repairs it.
    Drift {
        /// The table or the partition; `None` for what all of them share.
        on: Option<TableName>,
        /// What is different.
        drift: Drift,
        /// What repairs it, for the owner of the table.
        repair: Sql,
    },
}

impl Comparison {
    /// Compares, as [`Plan::with_signing`] does.
    pub fn new(registry: &Registry, catalog: &Catalog, roles: &Roles, signing: Signing) -> Self {
        Self::of(catalog, Plan::compare(registry, catalog, roles, signing, Enforcement::Enforce))
    }

    /// Compares, as [`Plan::observing`] does.
    pub fn observing(registry: &Registry, catalog: &Catalog, roles: &Roles) -> Self {
        let signing = catalog.database.signing;
        Self::of(catalog, Plan::compare(registry, catalog, roles, signing, Enforcement::Observe))
    }

    fn of(catalog: &Catalog, (plan, faults): (Plan, Vec<Fault>)) -> Self {
        let unprotected = catalog.untagged.iter().filter(|table| !table.is_protected);
        let unprotected = unprotected.map(|table| Fault::Untagged { table: table.name.clone() });
        let drift = plan.steps().map(|step| Difference::Drift {
            on: step.on.clone(),
            drift: step.drift.clone(),
            repair: step.up.clone(),
        });
        let faults = faults.into_iter().chain(unprotected).map(Difference::Fault);
        Self { differences: faults.chain(drift).collect() }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }
}

const INDENT: &str = "    ";

/// Each difference: what it is about, what is different, and below it what repairs it. A last line counts them.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            match difference {
                Difference::Fault(fault) => writeln!(f, "{fault}")?,
                Difference::Drift { on, drift, repair } => {
                    match on {
                        Some(table) => writeln!(f, "{table}: {drift}")?,
                        None => writeln!(f, "{drift}")?,
                    }
                    writeln!(f, "{INDENT}{};", repair.as_str().replace('\n', "\n    "))?;
                }
            }
        }
        match self.differences.len() {
            0 => writeln!(f, "The database is what the tags ask for."),
            1 => writeln!(f, "Found: 1 difference."),
            count => writeln!(f, "Found: {count} differences."),
        }
    }
}
