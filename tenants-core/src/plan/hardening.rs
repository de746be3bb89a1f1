//! Keys that begin with the tenant column, and tenant columns that are missing, for tables that ask for it.
//!
//! A stage of its own, ahead of all tables: a foreign key is about two of them, and what looks through rows has to
//! be done before the owner is bound, or with FORCE lifted.

mod columns;
mod group;
mod keys;
mod obstacle;

use std::borrow::Cow;

pub use obstacle::{ForeignKeyObstacle, KeyObstacle};

use crate::catalog::{Catalog, Relation};
use crate::ddl::row_security;
use crate::quote::{Sql, TableName};
use crate::registry::Registry;
use crate::table::Keys;

use super::{Fault, Note, Step};

/// The stage, and the catalog as it leaves it.
pub(super) struct Hardened<'a> {
    pub(super) catalog: Cow<'a, Catalog>,
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<Note>,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Hardened<'a> {
    pub(super) fn new(registry: &Registry, catalog: &'a Catalog) -> Self {
        let catalog = Cow::Borrowed(catalog);
        let mut hardened = Self { catalog, steps: vec![], notes: vec![], faults: vec![] };
        if registry.tables().any(|table| table.parent.is_some()) {
            columns::add(registry, &mut hardened);
        }
        if registry.tables().any(|table| table.keys == Keys::Composite) {
            keys::compose(registry, &mut hardened);
        }
        hardened
    }
}

/// The table that was registered, for it or for one of its partitions.
fn root<'a>(catalog: &'a Catalog, table: &'a TableName) -> &'a TableName {
    catalog.relations.get(table).map_or(table, |relation| &relation.root)
}

/// The registered table and all that inherits from it, also what is registered itself.
pub(super) fn tree<'a>(
    catalog: &'a Catalog,
    root: &TableName,
) -> impl Iterator<Item = &'a Relation> {
    catalog.relations.values().filter(move |relation| {
        relation.root == *root
            || relation.ancestors.contains(root)
            || catalog.relations.get(&relation.root).is_some_and(|it| it.ancestors.contains(root))
    })
}

/// Lifts FORCE from tables and their partitions for what has to see all rows, and lays it on again.
///
/// Bound by it, the owner would look through no rows, and PostgreSQL would find every foreign key valid.
struct Unforced(Vec<TableName>);

impl Unforced {
    fn new<'a>(catalog: &Catalog, tables: impl IntoIterator<Item = &'a TableName>) -> Self {
        let roots = tables.into_iter().map(|table| root(catalog, table).clone());
        let forced = roots.flat_map(|root| tree(catalog, &root).collect::<Vec<_>>());
        let forced = forced.filter(|relation| relation.force_row_security);
        let names: std::collections::BTreeSet<_> = forced.map(|it| it.name.clone()).collect();
        Self(names.into_iter().collect())
    }

    fn around(&self, statements: impl IntoIterator<Item = Sql>) -> Vec<Sql> {
        let lift = self.0.iter().map(row_security::no_force);
        let again = self.0.iter().map(row_security::force);
        lift.chain(statements).chain(again).collect()
    }
}
