//! Takes the protection away, and sees that attacks succeed then which it held.

use std::collections::BTreeSet;

use super::attack::{Attack, Outcome};
use super::ground::Ground;
use super::stage::{Mode, Stage};
use super::{all, mistakes, runtime};

/// Policies that say nothing, as if somebody had written them for a test.
const NO_POLICY: &str = "DO $$ DECLARE p record; BEGIN
    FOR p IN SELECT * FROM pg_policies WHERE schemaname = 'public' AND policyname <> 'tenants_admin' LOOP
        EXECUTE format('ALTER POLICY %I ON %I USING (true) WITH CHECK (true)', p.policyname, p.tablename);
    END LOOP;
END $$";

const NO_ROW_SECURITY: &str =
    "ALTER TABLE customers DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE invoices DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE visits DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE accounts DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE payments DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY";

const NO_GUARD: &str =
    "DROP POLICY tenants_guard ON customers; CREATE POLICY all_rows ON customers USING (true)";

/// Attacks of each family that policies hold.
const HELD_BY_POLICIES: &[&str] =
    &["S10", "S30", "M25", "M84", "B01", "B02", "B04", "B07", "I05", "P02", "P08"];

/// Mistakes that something else holds: rights, keys, the server.
const HELD_OTHERWISE: &[&str] = &["B18", "B22", "B23", "B24", "B40", "B42", "B43", "B47", "B52"];

/// Attacks that the messages of a scope hold.
const HELD_BY_CLEANING: &[&str] = &["P01", "P06", "P07", "P10", "P11", "P12", "P13"];

#[test]
fn attacks_succeed_where_policies_say_nothing() {
    for sabotage in [NO_POLICY, NO_ROW_SECURITY, NO_GUARD] {
        let held: &[&str] =
            if sabotage == NO_GUARD { &["S10", "M25", "B01", "P08"] } else { HELD_BY_POLICIES };
        for (at, mode) in Mode::ALL.into_iter().enumerate() {
            runtime().block_on(async {
                let template = Stage::new(mode).await;
                template.db.run("owner", sabotage).await;
                let mut ground = Ground::new(&template, None).await;
                for attack in all().filter(|attack| held.contains(&attack.id)) {
                    assert!(!attack.expected[at].is_open(), "{}", attack.id);
                    let outcome = ground.run_raw(&template, attack).await;
                    assert!(
                        outcome.is_open(),
                        "{} in {mode:?}: {outcome} by {sabotage}",
                        attack.id
                    );
                }
                ground.stage.remove().await;
            });
        }
    }
}

/// Each mistake is held by policies, or is in the list of those that are not.
#[test]
fn mistakes_are_held_by_policies() {
    for mode in Mode::ALL {
        let (ran, held) = runtime().block_on(async {
            let template = Stage::new(mode).await;
            template.db.run("owner", NO_ROW_SECURITY).await;
            let mut ground = Ground::new(&template, None).await;
            let (mut ran, mut held) = (BTreeSet::new(), BTreeSet::new());
            // A `COPY` that is let in waits for rows.
            let there = |attack: &&Attack| {
                !attack.is_prepared() && template.version >= attack.since && attack.id != "B21"
            };
            for attack in mistakes::ATTACKS.iter().filter(there) {
                ran.insert(attack.id);
                if !ground.run_raw(&template, attack).await.is_open() {
                    held.insert(attack.id);
                }
            }
            ground.stage.remove().await;
            (ran, held)
        });
        let expected = HELD_OTHERWISE.iter().copied().filter(|id| ran.contains(id)).collect();
        assert_eq!(held, expected, "{mode:?}");
    }
}

#[test]
fn residues_reach_the_next_tenant_where_scopes_do_not_clean() {
    for (at, mode) in Mode::ALL.into_iter().enumerate() {
        runtime().block_on(async {
            let template = Stage::new(mode).await.naive();
            let mut ground = Ground::new(&template, None).await;
            for attack in all().filter(|attack| HELD_BY_CLEANING.contains(&attack.id)) {
                assert!(!attack.expected[at].is_open(), "{}", attack.id);
                let outcome = ground.run_raw(&template, attack).await;
                assert!(
                    matches!(outcome, Outcome::Open(_)),
                    "{} in {mode:?}: {outcome}",
                    attack.id
                );
            }
            ground.stage.remove().await;
        });
    }
}
