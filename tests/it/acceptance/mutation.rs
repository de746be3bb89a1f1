//! Takes the protection away piece by piece, and shows which cases notice.
//!
//! A case that passes without the protection proves nothing. So each runs here on the databases of
//! developers who forgot something, and on connections whose scope statement was skipped.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use tenants_diesel::{BuildError, DatabaseProblem};

use super::world::{Sabotage, World};
use super::{
    OWN_CASES, databases, ids, lifecycle, logins, owner, panics, pooling, queries, reads, scopes,
    types, writes,
};
use crate::acceptance::check::{Case, CheckError, Finding};

const LOOPHOLE: &str = "CREATE POLICY loophole ON public.posts USING (true) WITH CHECK (true)";

async fn an_intact_database_passes_every_case(world: &World) {
    expect(world, &everything(), &[]).await;
}

/// The test program starts its tests in the order of their names. Here the cases share a database
/// and the connections of a pool, and what one leaves there would meet others than in that order.
async fn n18_the_cases_pass_in_any_order(world: &World) {
    for seed in [18, 81] {
        expect(world, &shuffled(everything(), seed), &[]).await;
    }
}

async fn tables_without_row_level_security_are_noticed_by_every_case(world: &World) {
    protection(world, "true", "DROP POLICY %I ON %I").await;
    for table in ["posts", "notes", "orders", "files"] {
        let off =
            format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
        world.database.run("owner", &off).await;
    }
    expect(world, &everything(), &everything()).await;
}

/// Pools see that policies of our names are there, and not what they say: so here the cases that build
/// pools of their own must notice by themselves.
async fn tables_whose_policies_say_nothing_are_noticed_by_every_case(world: &World) {
    protection(world, "true", "ALTER POLICY %I ON %I USING (true) WITH CHECK (true)").await;
    // PostgreSQL keeps quiet about the values of a key wherever row-level security is on.
    let quiet = named(&["ax_another_tenants_key_collides_without_telling_its_values"]);
    expect(world, &everything(), &without(&everything(), &quiet)).await;
}

/// The guard alone holds against a policy that somebody adds later. It binds the runtime role, and
/// not the owner, whose views and functions then show what that policy shows.
async fn a_permissive_policy_is_harmless_until_the_guard_is_dropped(world: &World) {
    world.database.run("owner", LOOPHOLE).await;
    let views = named(&["n19_views_and_functions_of_the_owner_are_filtered"]);
    expect(world, &tenants(), &views).await;
    protection(world, "permissive = 'RESTRICTIVE'", "DROP POLICY %I ON %I").await;
    // PostgreSQL keeps quiet about the values of a key wherever row-level security is on.
    let quiet = named(&["ax_another_tenants_key_collides_without_telling_its_values"]);
    expect(world, &tenants(), &without(&tenants(), &quiet)).await;
}

async fn without_force_the_owner_and_what_runs_with_its_rights_is_noticed(world: &World) {
    let no_force = "ALTER TABLE public.posts NO FORCE ROW LEVEL SECURITY";
    world.database.run("owner", no_force).await;
    let views = named(&["n19_views_and_functions_of_the_owner_are_filtered"]);
    expect(world, &all(), &[&views[..], owner::CASES].concat()).await;
}

/// A moved row is refused all the same: PostgreSQL also checks that it stays visible.
async fn a_policy_that_lets_every_row_in_is_noticed(world: &World) {
    protection(world, "true", "ALTER POLICY %I ON %I WITH CHECK (true)").await;
    let lets_in = named(&[
        "a16_a_row_for_another_tenant_is_refused",
        "ax_a_row_of_no_tenant_is_refused",
        "ax_one_foreign_row_in_a_batch_refuses_the_batch",
        "n05_retries_after_a_refused_insert_never_read_more",
        "n16_the_owner_outside_of_a_scope_changes_no_rows",
    ]);
    expect(world, &all(), &lets_in).await;
}

async fn a_policy_that_shows_every_row_is_noticed(world: &World) {
    protection(world, "true", "ALTER POLICY %I ON %I USING (true)").await;
    // Rows for others are still refused, and these cases look at nothing else.
    let not_shown = named(&[
        "ax_another_tenants_key_collides_without_telling_its_values",
        "a16_a_row_for_another_tenant_is_refused",
        "ax_moving_an_own_row_to_another_tenant_is_refused",
        "ax_an_upsert_onto_another_tenants_row_is_refused",
        "ax_one_foreign_row_in_a_batch_refuses_the_batch",
    ]);
    expect(world, &all(), &without(&all(), &not_shown)).await;
}

async fn a_scope_statement_that_was_skipped_is_noticed_by_every_case(world: &World) {
    for sabotage in [Sabotage::Skipped, Sabotage::NoTenant, Sabotage::Stale] {
        let world = world.sabotaged(sabotage);
        let connections = [reads::CASES, writes::CASES].concat();
        for (name, case) in connections {
            world.reset().await;
            let Err(error) = case(&world).await else { panic!("{name} passes with {sabotage:?}") };
            let by_accident = || format!("{name} fails by accident with {sabotage:?}: {error}");
            assert!(error.is::<Finding>() || is_refusal(&error), "{}", by_accident());
        }
    }
}

/// Whether the server refused a statement, or did not find the row, that is fine in the right scope.
fn is_refusal(error: &CheckError) -> bool {
    matches!(
        error.downcast_ref(),
        Some(DieselError::NotFound | DieselError::DatabaseError(DatabaseErrorKind::Unknown, _))
    )
}

/// The cases that see the database as a tenant does.
fn tenants() -> Vec<Case<World>> {
    [reads::CASES, writes::CASES, scopes::CASES].concat()
}

fn all() -> Vec<Case<World>> {
    [&tenants()[..], owner::CASES].concat()
}

/// The cases that say something about isolation among other things.
fn everything() -> Vec<Case<World>> {
    let others = [databases::CASES, ids::CASES, lifecycle::CASES, logins::CASES, pooling::CASES];
    let others = [&others.concat(), OWN_CASES, panics::CASES, queries::CASES, types::CASES];
    [&all()[..], &others.concat()].concat()
}

fn shuffled(mut cases: Vec<Case<World>>, seed: u64) -> Vec<Case<World>> {
    cases.sort_by_cached_key(|(name, _)| {
        let mut hasher = DefaultHasher::new();
        (seed, name).hash(&mut hasher);
        hasher.finish()
    });
    cases
}

fn named(names: &[&str]) -> Vec<Case<World>> {
    let found: Vec<_> = all().into_iter().filter(|(name, _)| names.contains(name)).collect();
    assert_eq!(found.len(), names.len(), "a case has another name now");
    found
}

fn without(cases: &[Case<World>], names: &[Case<World>]) -> Vec<Case<World>> {
    let names = self::names(names);
    cases.iter().filter(|(name, _)| !names.contains(name)).copied().collect()
}

fn names(cases: &[Case<World>]) -> BTreeSet<&'static str> {
    cases.iter().map(|(name, _)| *name).collect()
}

/// A case that builds a pool of its own finds nothing: the pool itself refuses such a database.
fn is_noticed_by_the_pool(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let refused = error.downcast_ref::<BuildError>();
    matches!(refused, Some(BuildError::Database(DatabaseProblem::Unprotected { .. })))
}

/// Runs all cases and sees that exactly these fail, by what they find and not by accident.
async fn expect(world: &World, cases: &[Case<World>], failing: &[Case<World>]) {
    let mut failed = BTreeSet::new();
    for (name, case) in cases {
        world.reset().await;
        if let Err(error) = case(world).await {
            let noticed = error.is::<Finding>() || is_noticed_by_the_pool(&*error);
            assert!(noticed, "{name} fails by accident: {error}");
            failed.insert(*name);
        }
    }
    world.reset().await;
    let (passed_wrongly, failed_wrongly) = (&names(failing) - &failed, &failed - &names(failing));
    assert!(
        passed_wrongly.is_empty() && failed_wrongly.is_empty(),
        "pass wrongly: {passed_wrongly:?}; fail wrongly: {failed_wrongly:?}"
    );
}

/// Runs a statement for each policy, whatever the migration calls them; the admin's stay, since
/// the rows come through them.
async fn protection(world: &World, which: &str, statement: &str) {
    let each = format!(
        "DO $$ DECLARE policy record; BEGIN
            FOR policy IN SELECT * FROM pg_policies
                WHERE schemaname = 'public' AND roles <> '{{tenants_admin}}' AND ({which})
            LOOP EXECUTE format('{statement}', policy.policyname, policy.tablename); END LOOP;
        END $$"
    );
    world.database.run("owner", &each).await;
}

in_both_modes![
    an_intact_database_passes_every_case,
    n18_the_cases_pass_in_any_order,
    tables_without_row_level_security_are_noticed_by_every_case,
    tables_whose_policies_say_nothing_are_noticed_by_every_case,
    a_permissive_policy_is_harmless_until_the_guard_is_dropped,
    without_force_the_owner_and_what_runs_with_its_rights_is_noticed,
    a_policy_that_lets_every_row_in_is_noticed,
    a_policy_that_shows_every_row_is_noticed,
    a_scope_statement_that_was_skipped_is_noticed_by_every_case,
];
