//! What each table lacks.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{
    self, Catalog, Function, Grant, Key, Kind, Relation, Sequence, Untagged, View,
};
use crate::ddl::grants::Grantee;
use crate::ddl::{default, function, grants, index, policy, policy::Policy, row_security, view};
use crate::quote::{Identifier, Sql, TableName};
use crate::roles::Roles;
use crate::signature::Signing;
use crate::table::{Table, Tenancy, TenantType};

use super::{Drift, Enforcement, Note, Step, retype};

/// The relation of a registered table and those that inherit from it, all of them sound.
struct Tree<'a> {
    root: &'a Relation,
    children: Vec<&'a Relation>,
}

/// All steps but [the schema's](of_schema). `indexes` are those of the tables before.
pub(super) fn of_table(
    table: &Table,
    catalog: &Catalog,
    roles: &Roles,
    signing: Signing,
    enforcement: Enforcement,
    indexes: &mut BTreeSet<TableName>,
) -> (Vec<Step>, Vec<Note>) {
    let (mut steps, mut notes) = (Vec::new(), Vec::new());
    let Some(root) = catalog.relations.get(&table.name) else { return (steps, notes) };
    let children = catalog
        .relations
        .values()
        .filter(|relation| relation.root == table.name && relation.name != table.name);
    let tree = Tree { root, children: children.collect() };
    let relations = || std::iter::once(root).chain(tree.children.iter().copied());
    // First, so that `down.sql` restores it last.
    for relation in relations() {
        steps.extend(excess_steps(table, relation, roles, enforcement));
        let of_sequence = |it| sequence_excess_steps(relation, it, roles, enforcement);
        steps.extend(relation.sequences.iter().flat_map(of_sequence));
    }
    match &table.tenancy {
        Tenancy::PerTenant { column, column_type } => {
            let retyped = retype::needed(root, *column_type);
            for relation in relations() {
                row_security_steps(relation, roles, &mut steps);
                steps.extend(further_policy_steps(relation, roles));
                if !retyped {
                    let policies = enforcement.policies(signing);
                    steps.extend(policy_steps(relation, column, *column_type, roles, &policies));
                }
                // Behind those that take its place.
                steps.extend(enforcement.end_of_observation(relation));
                notes.extend(relation.keys.iter().map(|key| key_note(relation, key)));
            }
            if retyped {
                let relations: Vec<_> = relations().collect();
                steps.push(retype::step(&relations, column, *column_type, roles, signing));
                notes.push(Note::Rewrites { table: table.name.clone() });
            }
            match enforcement {
                Enforcement::Enforce => {
                    column_steps(&tree, column, *column_type, &mut steps, &mut notes);
                }
                // Whoever names no tenant is recorded, not refused.
                Enforcement::Observe => {
                    steps.extend(default_step(&tree, column, *column_type).filter(|_| {
                        root.tenant_column.as_ref().is_some_and(|live| live.default.is_none())
                    }))
                }
            }
            index_step(&tree, column, catalog, indexes, &mut steps, &mut notes);
        }
        Tenancy::Global(_) if root.row_security => {
            notes.push(Note::GlobalWithRowSecurity { table: table.name.clone() });
        }
        Tenancy::Global(_) => {}
    }
    // Last: no role may read the table while it has no policies.
    grant_steps(table, root, roles, &mut steps);
    if table.tenant_type().is_some() && enforcement == Enforcement::Enforce {
        steps.extend(relations().flat_map(view_steps));
    }
    (steps, notes)
}

fn key_note(relation: &Relation, key: &Key) -> Note {
    let (table, name) = (relation.name.clone(), key.name.clone());
    match &key.references {
        Some(references) => {
            Note::ForeignKeyAcrossTenants { table, key: name, references: references.clone() }
        }
        None => Note::KeyAcrossTenants { table, key: name },
    }
}

/// Takes away what nobody must have who is to be bound by the policies.
///
/// While a table is observed nothing is taken from the application, only from the role of scoped code.
fn excess_steps(
    table: &Table,
    relation: &Relation,
    roles: &Roles,
    enforcement: Enforcement,
) -> Vec<Step> {
    let allowed = |grantee: &Grantee| match grantee {
        Grantee::Role(role) if *role == roles.app => grants::for_app(&table.tenancy),
        // Whoever may become the runtime role has its rights then, and none before.
        Grantee::Role(_) => &[],
        Grantee::Public => grants::for_public(&table.tenancy),
    };
    let is_excess = |grant: &&Grant| {
        // The admin role is bound by no policy but its own.
        let is_admin = grant.grantee == Grantee::Role(roles.admin.clone());
        let stays = is_admin || is_spared(&grant.grantee, roles, enforcement);
        !stays && !allowed(&grant.grantee).contains(&grant.privilege)
    };
    let excess = by_grantee(relation.grants.iter().filter(is_excess));
    let step = |(grantee, excess)| {
        let (up, again) = revoked(&relation.name, grantee, excess);
        let (on, down) = (Some(relation.name.clone()), as_before(table, again));
        Step { on, drift: Drift::ExcessiveRight { grantee: grantee.clone() }, up, down }
    };
    excess.into_iter().map(step).collect()
}

fn by_grantee<'a>(
    grants: impl Iterator<Item = &'a Grant>,
) -> BTreeMap<&'a Grantee, Vec<&'a Grant>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for grant in grants {
        all.entry(&grant.grantee).or_default().push(grant);
    }
    all
}

/// Takes rights from one grantee, and grants them again.
fn revoked(table: &TableName, grantee: &Grantee, excess: Vec<&Grant>) -> (Sql, Sql) {
    let privileges: BTreeSet<_> = excess.iter().map(|grant| grant.privilege).collect();
    let privileges: Vec<_> = privileges.into_iter().collect();
    let mut columns: BTreeMap<_, Vec<Identifier>> = BTreeMap::new();
    for grant in excess {
        let rights = (grant.privilege, grant.column.is_some(), grant.option);
        columns.entry(rights).or_default().extend(grant.column.clone());
    }
    let again = Sql::lines(columns.iter().map(|((privilege, _, option), columns)| {
        grants::restore_excess(*privilege, columns, table, grantee, *option)
    }));
    (grants::revoke_excess(&privileges, table, grantee), again)
}

/// While a table is observed, whoever used it goes on; only scoped code is new.
fn is_spared(grantee: &Grantee, roles: &Roles, enforcement: Enforcement) -> bool {
    enforcement == Enforcement::Observe && *grantee != Grantee::Role(roles.app.clone())
}

fn sequence_excess_steps(
    relation: &Relation,
    sequence: &Sequence,
    roles: &Roles,
    enforcement: Enforcement,
) -> Vec<Step> {
    let is_taken = |grant: &&Grant| !is_spared(&grant.grantee, roles, enforcement);
    let excess = by_grantee(sequence.grants.iter().filter(is_taken));
    let (name, mut steps) = (&sequence.name, Vec::new());
    for (grantee, excess) in excess {
        let privileges: Vec<_> = excess.iter().map(|grant| grant.privilege).collect();
        let again = excess.iter().map(|grant| {
            grants::restore_sequence_excess(grant.privilege, name, grantee, grant.option)
        });
        steps.push(Step {
            on: Some(relation.name.clone()),
            drift: Drift::ExcessiveSequenceRight {
                sequence: name.clone(),
                grantee: grantee.clone(),
            },
            up: grants::revoke_sequence_excess(&privileges, name, grantee),
            down: Sql::lines(again),
        });
    }
    steps
}

fn row_security_steps(relation: &Relation, roles: &Roles, steps: &mut Vec<Step>) {
    let name = &relation.name;
    if !relation.row_security {
        let disable = row_security::disable(name);
        // A right that was there before is none that `down.sql` takes away.
        let down = if relation.app_privileges.is_empty() {
            disable
        } else {
            grants::kept_without_policies(&roles.app, &disable)
        };
        let (on, drift) = (Some(name.clone()), Drift::RowSecurityOff);
        steps.push(Step { on, drift, up: row_security::enable(name), down });
    }
    if !relation.force_row_security {
        let (on, drift) = (Some(name.clone()), Drift::NotForced);
        let (up, down) = (row_security::force(name), row_security::no_force(name));
        steps.push(Step { on, drift, up, down });
    }
}

fn policy_steps(
    relation: &Relation,
    column: &Identifier,
    column_type: TenantType,
    roles: &Roles,
    policies: &[Policy],
) -> Vec<Step> {
    let (table, on) = (&relation.name, || Some(relation.name.clone()));
    let create = |policy: Policy| policy.create(table, column, column_type, roles);
    let step = |policy: Policy| {
        let name = policy.name();
        let Some(live) = relation.policies.iter().find(|live| live.name == name) else {
            let (drift, down) = (Drift::PolicyMissing { policy: name }, policy.drop(table));
            return Some(Step { on: on(), drift, up: create(policy), down });
        };
        let live_column = relation.tenant_column.as_ref()?;
        let is = |policy: Policy| policy.is(live, live_column, column_type, roles);
        if is(policy) {
            return None;
        }
        if let Some(other) = policy.other().filter(|other| is(*other)) {
            let replace = |policy: Policy| policy.replace(table, column, column_type);
            let drift = Drift::PolicySigning { policy: name };
            return Some(Step { on: on(), drift, up: replace(policy)?, down: replace(other)? });
        }
        Some(Step {
            on: on(),
            drift: Drift::PolicyDiffers { policy: name },
            up: Sql::lines([policy.drop(table), create(policy)]),
            down: Sql::lines([policy.drop(table), policy::restore(live, table)]),
        })
    };
    policies.iter().copied().filter_map(step).collect()
}

fn further_policy_steps(relation: &Relation, roles: &Roles) -> Vec<Step> {
    let further = relation.policies.iter().filter(|live| opens_further(live, roles));
    let step = |live: &catalog::Policy| Step {
        on: Some(relation.name.clone()),
        drift: Drift::FurtherPolicy { policy: live.name.clone() },
        up: policy::drop(&live.name, &relation.name),
        down: policy::restore(live, &relation.name),
    };
    further.map(step).collect()
}

/// Whether a policy that is none of ours shows scoped code more, or lets it write more.
///
/// Restrictive ones narrow what there is, and those of other roles are their business.
fn opens_further(live: &catalog::Policy, roles: &Roles) -> bool {
    let applies = live.roles.is_empty() || live.roles.contains(&roles.app);
    !policy::is_ours(&live.name) && live.is_permissive && applies
}

fn default_step(tree: &Tree<'_>, column: &Identifier, column_type: TenantType) -> Option<Step> {
    let table = &tree.root.name;
    let previous = tree.root.tenant_column.as_ref()?.default.as_ref();
    // A column that gets another type gets its default along with it.
    let is_set = retype::needed(tree.root, column_type)
        || previous.is_some_and(|default| default.as_str() == default::deparsed(column_type));
    (!is_set).then(|| Step {
        on: Some(table.clone()),
        drift: Drift::NoDefault,
        up: default::set(table, column, column_type),
        down: default::restore(table, column, previous),
    })
}

fn column_steps(
    tree: &Tree<'_>,
    column: &Identifier,
    column_type: TenantType,
    steps: &mut Vec<Step>,
    notes: &mut Vec<Note>,
) {
    let table = &tree.root.name;
    steps.extend(default_step(tree, column, column_type));
    if let Some(step) = nullable_step(tree.root, &tree.children, column) {
        steps.push(step);
        notes.push(Note::Nullable { table: table.clone() });
    }
}

/// Refuses rows without a tenant.
pub(super) fn nullable_step(
    root: &Relation,
    children: &[&Relation],
    column: &Identifier,
) -> Option<Step> {
    let table = &root.name;
    if root.tenant_column.as_ref().is_none_or(|live| live.not_null) {
        return None;
    }
    // Both directions reach all children; those that refused NULL before must do so again.
    let strict = children
        .iter()
        .filter(|child| child.tenant_column.as_ref().is_some_and(|column| column.not_null));
    let again = strict.map(|child| default::set_not_null(&child.name, column));
    let down = std::iter::once(default::drop_not_null(table, column)).chain(again);
    Some(Step {
        on: Some(table.clone()),
        drift: Drift::Nullable,
        up: default::set_not_null(table, column),
        down: Sql::lines(down),
    })
}

fn index_step(
    tree: &Tree<'_>,
    column: &Identifier,
    catalog: &Catalog,
    indexes: &mut BTreeSet<TableName>,
    steps: &mut Vec<Step>,
    notes: &mut Vec<Note>,
) {
    let leads = |relation: &Relation| {
        relation.tenant_column.as_ref().is_some_and(|column| column.leads_index)
    };
    let table = &tree.root.name;
    if leads(tree.root) {
        return;
    }
    // PostgreSQL would take the partition's index over, and `DROP INDEX` would remove it as well.
    if tree.root.kind == Kind::Partitioned && tree.children.iter().any(|child| leads(child)) {
        notes.push(Note::IndexOnSomePartitions { table: table.clone() });
        return;
    }
    let schema = catalog.schemas.get(table.schema());
    let named = |name: &Identifier| TableName::new(Some(table.schema().clone()), name.clone());
    // Of two long names the beginning may be all that an index is named by.
    let name = index::name(table, |name| {
        schema.is_some_and(|schema| schema.relation_names.contains(name))
            || indexes.contains(&named(name))
    });
    indexes.insert(named(&name));
    steps.push(Step {
        on: Some(table.clone()),
        drift: Drift::NoIndex,
        up: index::create(&name, table, column),
        down: index::drop(&name, table),
    });
    notes.push(Note::IndexLocks { table: table.clone() });
}

fn grant_steps(table: &Table, live: &Relation, roles: &Roles, steps: &mut Vec<Step>) {
    let missing = |wanted: &[grants::Privilege], granted: &BTreeSet<_>| {
        wanted.iter().copied().filter(|right| !granted.contains(right)).collect::<Vec<_>>()
    };
    let app = missing(grants::for_app(&table.tenancy), &live.app_privileges);
    let admin = missing(&grants::FOR_ADMIN, &live.admin_privileges);
    let mut grant = |privileges: &[grants::Privilege], to: &[Identifier]| {
        if !privileges.is_empty() {
            steps.push(Step {
                on: Some(table.name.clone()),
                drift: Drift::MissingRight,
                up: grants::table(privileges, &table.name, to),
                down: Sql::lines(
                    std::iter::once(grants::revoke_table(privileges, &table.name, to))
                        .chain(columns_again(table, live, privileges, to)),
                ),
            });
        }
    };
    if app == admin {
        grant(&app, &[roles.app.clone(), roles.admin.clone()]);
    } else {
        grant(&app, std::slice::from_ref(&roles.app));
        grant(&admin, std::slice::from_ref(&roles.admin));
    }
    let app_inserts = grants::for_app(&table.tenancy).contains(&grants::Privilege::Insert);
    for sequence in &live.sequences {
        let to = pick(roles, app_inserts && !sequence.app_usage, !sequence.admin_usage);
        if !to.is_empty() {
            steps.push(Step {
                on: Some(table.name.clone()),
                drift: Drift::MissingSequenceRight { sequence: sequence.name.clone() },
                up: grants::sequence(&sequence.name, &to),
                down: grants::revoke_sequence(&sequence.name, &to),
            });
        }
    }
}

/// Grants again what goes with the same right on the table when that is revoked: rights on single columns.
fn columns_again(
    table: &Table,
    live: &Relation,
    privileges: &[grants::Privilege],
    to: &[Identifier],
) -> Option<Sql> {
    let goes = |grant: &&Grant| {
        privileges.contains(&grant.privilege)
            && to.iter().any(|role| grant.grantee == Grantee::Role(role.clone()))
    };
    let of_column = |grant: &Grant| {
        let column = [grant.column.clone()?];
        let Grant { privilege, grantee, option, .. } = grant;
        Some(grants::restore_excess(*privilege, &column, &live.name, grantee, *option))
    };
    let again: Vec<_> = live.grants.iter().filter(goes).filter_map(of_column).collect();
    (!again.is_empty()).then(|| as_before(table, Sql::lines(again)))
}

/// Says of rights that are granted again what they open.
fn as_before(table: &Table, again: Sql) -> Sql {
    match table.tenancy {
        Tenancy::PerTenant { .. } => grants::outlives_policies(&again),
        Tenancy::Global(_) => again,
    }
}

/// What the schema of a table lacks.
pub(super) fn of_schema(table: &TableName, catalog: &Catalog, roles: &Roles) -> Option<Step> {
    let name = table.schema();
    let schema = catalog.schemas.get(name)?;
    let to = pick(roles, !schema.app_usage, !schema.admin_usage);
    (!to.is_empty()).then(|| Step {
        on: Some(table.clone()),
        drift: Drift::MissingSchemaRight { schema: name.clone() },
        up: grants::schema(name, &to),
        down: grants::revoke_schema(name, &to),
    })
}

/// Closes a table that no tag names any more; its policies stay.
pub(super) fn of_untagged(table: &Untagged) -> Vec<Step> {
    let rights = by_grantee(table.grants.iter());
    let step = |(grantee, rights)| {
        let (up, down) = revoked(&table.name, grantee, rights);
        Step { on: Some(table.name.clone()), drift: Drift::Untagged, up, down }
    };
    rights.into_iter().map(step).collect()
}

/// Has views read a table with the rights of whoever reads them.
fn view_steps(relation: &Relation) -> Vec<Step> {
    let step = |view: &View| Step {
        on: Some(relation.name.clone()),
        drift: Drift::ViewOfOwner { view: view.name.clone() },
        up: view::invoke(&view.name),
        down: view::restore(view),
    };
    relation.views.iter().map(step).collect()
}

fn pick(roles: &Roles, app: bool, admin: bool) -> Vec<Identifier> {
    let app = app.then(|| roles.app.clone());
    app.into_iter().chain(admin.then(|| roles.admin.clone())).collect()
}

/// Puts the functions that this library installs in the place of others of their names.
pub(super) fn of_functions(catalog: &Catalog) -> Vec<Step> {
    let step = |live: &Function| {
        let installed = function::installed(&live.signature)?;
        (live.definition.as_str() != installed.as_str()).then(|| Step {
            on: None,
            drift: Drift::FunctionDiffers { function: live.signature.clone() },
            up: installed,
            down: function::restore(live),
        })
    };
    catalog.functions.iter().filter_map(step).collect()
}
