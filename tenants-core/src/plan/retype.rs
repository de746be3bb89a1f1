//! Another type for a tenant column that policies already name.

use crate::catalog::{Column, Relation};
use crate::ddl::{column_type as ddl, default, policy, policy::Policy};
use crate::quote::{Identifier, Sql};
use crate::roles::Roles;
use crate::signature::Signing;
use crate::table::TenantType;

use super::{Drift, Step};

/// Whether the live column has another type than the registered one.
pub(super) fn needed(relation: &Relation, registered: TenantType) -> bool {
    let column = relation.tenant_column.as_ref();
    column.is_some_and(|column| !registered.is(&column.type_name))
}

/// Whether the column can get another type, and nobody else could give it one: PostgreSQL refuses to, while our
/// policies name it. Without them the registry may as well be what is out of date.
pub(super) fn is_ours_to_do(relation: &Relation, column: &Column) -> bool {
    const ALL: [TenantType; 4] =
        [TenantType::Text, TenantType::Int4, TenantType::Int8, TenantType::Uuid];
    let isolation = Policy::Isolation(Signing::Off).name();
    ALL.into_iter().any(|known| known.is(&column.type_name))
        && relation.policies.iter().any(|policy| policy.name == isolation)
}

/// One step, since no type of a column can be changed that a policy names: between its statements the table
/// has no policies, and nobody but this transaction reads it.
pub(super) fn step(
    relations: &[&Relation],
    column: &Identifier,
    registered: TenantType,
    roles: &Roles,
    signing: Signing,
) -> Step {
    let root = relations[0];
    let live = root.tenant_column.as_ref();
    let before = live.map_or("", |column| column.type_name.as_str());
    let ours = |relation: &Relation| {
        let table = relation.name.clone();
        Policy::all(signing).map(|policy| policy.drop(&table))
    };
    let drop = || relations.iter().flat_map(|relation| ours(relation));
    let create = relations.iter().flat_map(|relation| {
        let create = |policy: Policy| policy.create(&relation.name, column, registered, roles);
        Policy::all(signing).map(create)
    });
    let again = relations.iter().flat_map(|relation| {
        // One that observes went before, in a step of its own.
        let ours = relation
            .policies
            .iter()
            .filter(|live| policy::is_ours(&live.name) && live.name != Policy::Observe.name());
        ours.map(|live| policy::restore(live, &relation.name))
    });
    let table = &root.name;
    let no_default = || default::restore(table, column, None);
    let up = drop()
        .chain([
            no_default(),
            ddl::change(table, column, registered),
            default::set(table, column, registered),
        ])
        .chain(create);
    let back = live.map(|live| ddl::restore(table, column, &live.full_type));
    let default_again = live.and_then(|live| live.default.as_ref());
    let down = drop()
        .chain([no_default()])
        .chain(back)
        .chain(default_again.map(|previous| default::restore(table, column, Some(previous))))
        .chain(again);
    Step {
        on: Some(table.clone()),
        drift: Drift::ColumnType { registered, live: before.to_owned() },
        up: Sql::lines(up),
        down: Sql::lines(down),
    }
}
