//! The keys that change together.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::ddl::{foreign_key, unique_key};
use crate::plan::{Drift, KeyName, Note, Step, steps};
use crate::quote::{Sql, TableName};
use crate::registry::Registry;
use crate::table::Tenancy;

use super::keys::{KeyTree, Loose};
use super::{Hardened, Unforced, root, tree};

/// For each group of tables that foreign keys connect, one step: neither a key nor what references it changes alone.
pub(super) fn steps(
    registry: &Registry,
    catalog: &Catalog,
    trees: &[KeyTree<'_>],
    loose: &[Loose<'_>],
    hardened: &mut Hardened<'_>,
) {
    for group in groups(catalog, trees, loose) {
        let is_in = |table: &TableName| group.contains(root(catalog, table));
        let trees: Vec<_> = trees.iter().filter(|tree| is_in(tree.table())).collect();
        let loose: Vec<_> = loose.iter().filter(|it| is_in(&it.key.table)).collect();
        for table in &group {
            refuse_null(registry, catalog, table, hardened);
            hardened.notes.push(Note::KeysRebuilt { table: table.clone() });
        }
        hardened.steps.extend(step(catalog, &group, &trees, &loose));
        let led = trees.iter().flat_map(|tree| &tree.keys).filter(|key| key.serves_all_rows);
        let after = hardened.catalog.to_mut();
        for key in led {
            let column = after.relations.get_mut(&key.table).map(|it| &mut it.tenant_column);
            if let Some(Some(column)) = column {
                column.leads_index = true;
            }
        }
    }
}

/// The tables whose keys change, together with those that foreign keys connect them with.
fn groups(
    catalog: &Catalog,
    trees: &[KeyTree<'_>],
    loose: &[Loose<'_>],
) -> Vec<BTreeSet<TableName>> {
    let alone = trees.iter().map(|tree| BTreeSet::from([root(catalog, tree.table()).clone()]));
    let pairs = loose.iter().map(|it| {
        BTreeSet::from([&it.key.table, &it.key.references].map(|it| root(catalog, it).clone()))
    });
    let mut groups: Vec<BTreeSet<TableName>> = Vec::new();
    for mut group in alone.chain(pairs) {
        groups.retain(|other| {
            let is_apart = group.is_disjoint(other);
            if !is_apart {
                group.extend(other.iter().cloned());
            }
            is_apart
        });
        groups.push(group);
    }
    groups.sort();
    groups
}

/// A primary key makes its columns refuse NULL, and would keep `down.sql` from allowing it again.
fn refuse_null(
    registry: &Registry,
    catalog: &Catalog,
    table: &TableName,
    hardened: &mut Hardened<'_>,
) {
    let tenancy = registry.table(table).map(|table| &table.tenancy);
    let (Some(Tenancy::PerTenant { column, .. }), Some(live)) =
        (tenancy, catalog.relations.get(table))
    else {
        return;
    };
    let relations: Vec<_> = tree(catalog, table).collect();
    let children: Vec<_> = relations.iter().copied().filter(|it| it.name != *table).collect();
    let Some(step) = steps::nullable_step(live, &children, column) else { return };
    hardened.steps.push(step);
    hardened.notes.push(Note::Nullable { table: table.clone() });
    for relation in relations {
        let after = hardened.catalog.to_mut().relations.get_mut(&relation.name);
        if let Some(Some(column)) = after.map(|it| &mut it.tenant_column) {
            column.not_null = true;
        }
    }
}

const UP: &str = "\
-- Keys that begin with the tenant column: no tenant learns from an error any more which values others have, and no
-- foreign key leads from tenant to tenant. What references a key is dropped before it and created again behind it,
-- with FORCE lifted: bound by it, the owner would look through no rows, and all would be found valid.
-- In the application, `ON CONFLICT (id)` becomes `ON CONFLICT (tenant, id)`. `diesel print-schema` prints the tenant
-- column in the primary key. Within a scope `id` alone is unique still: a `table!` that keeps its key (patch_file in
-- diesel.toml) goes on working, and a struct is Identifiable by it with #[diesel(primary_key(id))].
";
const DOWN: &str = "\
-- Keys as they were. Where two tenants have the same value by now, this fails and changes nothing.
";

fn step(
    catalog: &Catalog,
    group: &BTreeSet<TableName>,
    trees: &[&KeyTree<'_>],
    loose: &[&Loose<'_>],
) -> Option<Step> {
    let ends = loose.iter().flat_map(|it| [&it.key.table, &it.key.references]);
    let unforced = Unforced::new(catalog, ends);
    let drop_keys = || trees.iter().map(|tree| unique_key::drop(tree.keys[0]));
    let drop_loose = || loose.iter().map(|it| foreign_key::drop(it.key));
    let composed = trees.iter().flat_map(|it| unique_key::create(&it.keys, Some(it.tenant)));
    let tight = loose.iter().flat_map(|it| foreign_key::compose(it.key, it.tenant));
    let again = trees.iter().flat_map(|tree| unique_key::create(&tree.keys, None));
    let loose_again = loose.iter().flat_map(|it| foreign_key::restore(it.key));
    let up = drop_loose().chain(drop_keys()).chain(composed).chain(tight);
    let down = drop_loose().chain(drop_keys()).chain(again).chain(loose_again);
    let keys = trees.iter().map(|tree| (tree.table(), &tree.keys[0].name));
    let keys = keys.chain(loose.iter().map(|it| (&it.key.table, &it.key.name)));
    let keys = keys.map(|(table, key)| KeyName { table: table.clone(), key: key.clone() });
    Some(Step {
        on: Some(group.first()?.clone()),
        drift: Drift::KeysAcrossTenants { keys: keys.collect() },
        up: Sql::fixed(UP).followed_by(unforced.around(up)),
        down: Sql::fixed(DOWN).followed_by(unforced.around(down)),
    })
}
