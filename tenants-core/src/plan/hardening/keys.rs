//! Which keys get the tenant column, and which stay as they are.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, ForeignKey, UniqueKey};
use crate::plan::{KeyName, Note, retype};
use crate::quote::{Identifier, TableName};
use crate::registry::Registry;
use crate::table::{Keys, Table, Tenancy};

use super::{ForeignKeyObstacle, Hardened, KeyObstacle, group, root};

/// A key that leaves the tenant column out, with those of the partitions that are part of it.
pub(super) struct KeyTree<'a> {
    /// First that of the table.
    pub(super) keys: Vec<&'a UniqueKey>,
    pub(super) tenant: &'a Identifier,
}

impl KeyTree<'_> {
    pub(super) fn table(&self) -> &TableName {
        &self.keys[0].table
    }

    fn is_referenced_by(&self, key: &ForeignKey) -> bool {
        self.keys.iter().any(|own| own.index() == key.referenced_key)
    }

    /// Why it stays as it is, whoever references it.
    fn obstacle(&self, registry: &Registry, catalog: &Catalog) -> Option<KeyObstacle> {
        if is_retyped(registry, catalog, self.table()) {
            return Some(KeyObstacle::Retyped);
        }
        let own = self.keys.iter().find_map(|key| key.obstacle.map(KeyObstacle::from));
        let dependents: BTreeSet<_> = self.keys.iter().flat_map(|key| &key.dependents).collect();
        let dependents: Vec<_> = dependents.into_iter().cloned().collect();
        own.or_else(|| (!dependents.is_empty()).then_some(KeyObstacle::Dependents(dependents)))
    }
}

/// A foreign key of a table of tenants that leaves the tenant column out.
pub(super) struct Loose<'a> {
    pub(super) key: &'a ForeignKey,
    pub(super) tenant: &'a Identifier,
}

impl Loose<'_> {
    /// Why it stays as it is, whatever it could reference.
    fn obstacle(&self, registry: &Registry, catalog: &Catalog) -> Option<ForeignKeyObstacle> {
        let key = self.key;
        let mut ends = [&key.table, &key.references].into_iter();
        let of = |table| catalog.relations.get(table).and_then(|it| it.tenant_column.as_ref());
        let types = of(&key.table).zip(of(&key.references));
        let is_crossed = key.columns.contains(self.tenant)
            || key.referenced_columns.contains(&key.referenced_tenant);
        let obstacle = match types {
            None => ForeignKeyObstacle::NoKey,
            _ if ends.any(|end| is_retyped(registry, catalog, end)) => ForeignKeyObstacle::Retyped,
            Some((own, other)) if family(&own.type_name) != family(&other.type_name) => {
                ForeignKeyObstacle::Types
            }
            _ if is_crossed => ForeignKeyObstacle::Crossed,
            _ if key.on_update.sets_columns() => ForeignKeyObstacle::OnUpdate,
            _ if key.on_delete.sets_columns() && !key.may_name_set => ForeignKeyObstacle::OnDelete,
            _ if key.is_match_full && key.allows_null => ForeignKeyObstacle::MatchFull,
            _ => return key.obstacle.map(ForeignKeyObstacle::from),
        };
        Some(obstacle)
    }

    /// Whether a key is there that it could reference.
    fn has_key(&self, catalog: &Catalog) -> bool {
        let lead = std::iter::once(&self.key.referenced_tenant);
        let wanted: BTreeSet<_> = lead.chain(&self.key.referenced_columns).collect();
        catalog.unique_keys.iter().any(|key| {
            key.table == self.key.references
                && key.is_plain
                && key.columns.len() == wanted.len()
                && key.columns.iter().collect::<BTreeSet<_>>() == wanted
        })
    }
}

/// Types between which PostgreSQL compares without a cast.
fn family(type_name: &str) -> &str {
    match type_name {
        "character varying" => "text",
        "smallint" | "integer" => "bigint",
        other => other,
    }
}

/// Whether the tenant column of a table gets another type.
fn is_retyped(registry: &Registry, catalog: &Catalog, table: &TableName) -> bool {
    let table = registry.table(root(catalog, table));
    let relation = table.and_then(|table| catalog.relations.get(&table.name));
    let wanted = table.and_then(Table::tenant_type);
    relation.zip(wanted).is_some_and(|(relation, wanted)| retype::needed(relation, wanted))
}

/// The tenant column of a table that asks for composite keys, if it has one.
fn tenant_of<'a>(
    registry: &'a Registry,
    catalog: &'a Catalog,
    table: &'a TableName,
) -> Option<&'a Identifier> {
    let table: &Table = registry.table(root(catalog, table))?;
    let relation = catalog.relations.get(&table.name)?;
    match &table.tenancy {
        Tenancy::PerTenant { column, .. } => {
            let is_there = relation.tenant_column.is_some();
            (table.keys == Keys::Composite && is_there).then_some(column)
        }
        Tenancy::Global(_) => None,
    }
}

/// Plans what becomes of the keys, and says of the others why they stay.
pub(super) fn compose(registry: &Registry, hardened: &mut Hardened<'_>) {
    let catalog = hardened.catalog.clone().into_owned();
    let mut trees: Vec<_> = catalog
        .unique_keys
        .iter()
        .filter_map(|key| {
            let tenant = tenant_of(registry, &catalog, &key.table)?;
            let is_loose = key.above.is_none() && !key.has_tenant;
            is_loose.then(|| KeyTree { keys: with_parts(key, &catalog), tenant })
        })
        .collect();
    let mut loose: Vec<_> = catalog
        .foreign_keys
        .iter()
        .filter_map(|key| {
            let tenant = tenant_of(registry, &catalog, &key.table)?;
            let mut pairs = key.columns.iter().zip(&key.referenced_columns);
            let is_loose =
                pairs.all(|(own, other)| own != tenant || *other != key.referenced_tenant);
            is_loose.then_some(Loose { key, tenant })
        })
        .collect();
    let named = trees.iter().map(|tree| (tree.table().clone(), tree.keys[0].name.clone()));
    let named = named.chain(loose.iter().map(|it| (it.key.table.clone(), it.key.name.clone())));
    let named: BTreeSet<_> = named.collect();
    leave(registry, &catalog, &mut trees, &mut loose, &mut hardened.notes);
    group::steps(registry, &catalog, &trees, &loose, hardened);
    let after = hardened.catalog.to_mut();
    for relation in after.relations.values_mut() {
        // What stays is told with its reason.
        let is_told = |name: &Identifier| named.contains(&(relation.name.clone(), name.clone()));
        relation.keys.retain(|key| !is_told(&key.name));
    }
}

fn with_parts<'a>(key: &'a UniqueKey, catalog: &'a Catalog) -> Vec<&'a UniqueKey> {
    let mut keys = vec![key];
    let mut next = 0;
    while let Some(above) = keys.get(next).map(|key| key.index()) {
        keys.extend(catalog.unique_keys.iter().filter(|key| key.above.as_ref() == Some(&above)));
        next += 1;
    }
    keys
}

/// Takes out what has to stay, and whatever cannot change without it.
fn leave<'a>(
    registry: &Registry,
    catalog: &'a Catalog,
    trees: &mut Vec<KeyTree<'a>>,
    loose: &mut Vec<Loose<'a>>,
    notes: &mut Vec<Note>,
) {
    loop {
        let stuck = trees.iter().position(|tree| {
            let obstacle = tree
                .obstacle(registry, catalog)
                .or_else(|| held_by(tree, registry, catalog, loose));
            notes.extend(obstacle.clone().map(|obstacle| Note::KeyLeft {
                table: tree.table().clone(),
                key: tree.keys[0].name.clone(),
                obstacle,
            }));
            obstacle.is_some()
        });
        if let Some(stuck) = stuck {
            trees.remove(stuck);
            continue;
        }
        let stuck = loose.iter().position(|it| {
            let is_there =
                || it.has_key(catalog) || trees.iter().any(|tree| tree.is_referenced_by(it.key));
            let none = || (!is_there()).then_some(ForeignKeyObstacle::NoKey);
            let obstacle = it.obstacle(registry, catalog).or_else(none);
            notes.extend(obstacle.map(|obstacle| Note::ForeignKeyLeft {
                table: it.key.table.clone(),
                key: it.key.name.clone(),
                references: it.key.references.clone(),
                obstacle,
            }));
            obstacle.is_some()
        });
        match stuck {
            Some(stuck) => drop(loose.remove(stuck)),
            None => return,
        }
    }
}

/// The foreign key that needs a key as it is.
fn held_by(
    tree: &KeyTree<'_>,
    registry: &Registry,
    catalog: &Catalog,
    loose: &[Loose<'_>],
) -> Option<KeyObstacle> {
    let stays = |key: &&ForeignKey| {
        let is_composed = loose.iter().any(|it| std::ptr::eq(it.key, *key));
        tree.is_referenced_by(key) && !is_composed
    };
    let key = catalog.foreign_keys.iter().find(stays)?;
    let name = KeyName { table: key.table.clone(), key: key.name.clone() };
    let table = registry.table(root(catalog, &key.table));
    Some(match table.filter(|table| table.tenant_type().is_some()) {
        None => KeyObstacle::OfNoTenant(name),
        Some(table) if table.keys == Keys::AsTheyAre => KeyObstacle::NotComposite(name),
        Some(_) => KeyObstacle::ForeignKeyLeft(name),
    })
}
