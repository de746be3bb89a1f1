//! The migrations that are generated, word for word, each applied and taken back on a server.
//!
//! A case is a folder of `tests/golden`: `schema.rs` says what is tagged, `tables.sql` what was there, and
//! `BLESS=1` writes `up.sql` and `down.sql`. Where there is a `drift.sql`, the tables were protected as
//! `before()` says, and that is what happened to them since.

use std::fs;

use tenants_core::plan::{Note, Plan};
use tenants_core::signature::Signing;
use tenants_diesel::{GlobalAccess, Keys, Registry, Table};

use super::super::scratch::Scratch;
use super::{catalog, plan, plan_with, schema, shared, tagged};
use crate::golden::{self, assert_golden};

/// A test for each case.
macro_rules! cases {
    (fresh: $($fresh:ident)*; drifted: $($drifted:ident)*) => {
        $(
            schema!($fresh);
            #[tokio::test]
            async fn $fresh() {
                protected(stringify!($fresh), $fresh::tags()).await;
            }
        )*
        $(
            schema!($drifted);
            #[tokio::test]
            async fn $drifted() {
                repaired(stringify!($drifted), $drifted::before(), $drifted::tags()).await;
            }
        )*
        const FRESH: &[&str] = &[$(stringify!($fresh)),*];
        const DRIFTED: &[&str] = &[$(stringify!($drifted)),*];
    };
}

cases! {
    fresh: child global granted half int4 int8 keys partitioned quoted serial text uuid varchar;
    drifted: function later_partition namesake policies retyped rights untagged
}

/// Cases that go through more than one plan: below, and in the modules of these names.
const OTHERS: &[&str] = &["observe", "online", "signed"];

/// A database with the tables of a case, none of them protected.
async fn with_tables(case: &str) -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    run(&scratch, case, "tables.sql").await;
    scratch
}

/// Runs a file of a case as the owner, with the roles of this scratch.
async fn run(scratch: &Scratch, case: &str, file: &str) {
    let mut sql = fs::read_to_string(golden::path(case).join(file)).unwrap();
    for part in ["app", "admin", "login", "support"] {
        sql = sql.replace(&format!("tenants_{part}"), &scratch.role(part));
    }
    scratch.run("owner", &sql).await;
}

async fn apply(scratch: &Scratch, sql: &str) {
    scratch.run("owner", &format!("BEGIN; {sql} COMMIT")).await;
}

async fn protected(case: &str, tags: Vec<Table>) {
    let scratch = with_tables(case).await;
    let registry = Registry::new(tags).unwrap();
    let plan = plan(&scratch, &registry).await;
    applied_and_taken_back(case, &scratch, &registry, &plan).await;
}

/// The same for tables that an ordinary plan protected, and that somebody changed since.
async fn repaired(case: &str, before: Vec<Table>, tags: Vec<Table>) {
    let scratch = with_tables(case).await;
    let before = Registry::new(before).unwrap();
    apply(&scratch, &plan(&scratch, &before).await.up_sql()).await;
    let again = plan(&scratch, &before).await;
    assert!(again.is_empty(), "{case}: {}", again.up_sql());
    run(&scratch, case, "drift.sql").await;
    let registry = Registry::new(tags).unwrap();
    let repair = plan(&scratch, &registry).await;
    assert!(!repair.is_empty(), "{case}");
    applied_and_taken_back(case, &scratch, &registry, &repair).await;
}

/// A plan is the golden one, leaves nothing to do, and is taken back exactly.
async fn applied_and_taken_back(case: &str, scratch: &Scratch, registry: &Registry, plan: &Plan) {
    let before = scratch.snapshot().await;
    for (file, generated) in [("up.sql", plan.up_sql()), ("down.sql", plan.down_sql())] {
        // Roles are cluster-wide, so each test has its own.
        let generated = generated.replace(&format!("{}_", scratch.prefix), "tenants_");
        assert_golden(format!("{case}/{file}"), &generated);
    }

    apply(scratch, &plan.up_sql()).await;
    let again = super::plan(scratch, registry).await;
    assert!(again.is_empty(), "{case}: {}", again.up_sql());
    apply(scratch, &plan.down_sql()).await;
    assert_eq!(scratch.snapshot().await, before, "{case}");
}

#[test]
fn every_folder_is_a_case() {
    let folders = |file: &str| {
        let folders = fs::read_dir(golden::path("")).unwrap().map(|entry| entry.unwrap());
        let mut folders: Vec<_> = folders
            .filter(|folder| folder.path().join(file).exists())
            .map(|folder| folder.file_name().into_string().unwrap())
            .collect();
        folders.sort_unstable();
        folders
    };
    let mut cases = [FRESH, DRIFTED, OTHERS].concat();
    cases.sort_unstable();
    assert_eq!(folders("tables.sql"), cases);
    assert_eq!(folders("drift.sql"), DRIFTED);
}

schema!(signed);

/// Guards that ask for signatures, on tables that have guards, on those that come later, and back.
#[tokio::test]
async fn signed() {
    let scratch = with_tables("signed").await;
    let first = Registry::new(signed::before()).unwrap();
    let all = Registry::new(signed::tags()).unwrap();
    let unsigned = plan(&scratch, &first).await;
    apply(&scratch, &unsigned.up_sql()).await;

    let sign = plan_with(&scratch, &first, Signing::On).await;
    assert_eq!(sign.notes, [Note::Signs]);
    applied_and_taken_back("signed", &scratch, &first, &sign).await;
    apply(&scratch, &sign.up_sql()).await;
    // A table that comes later has what the others have.
    let later = plan(&scratch, &all).await;
    assert!(
        later.up_sql().contains(r#"(SELECT "tenants"."verified_tenant"())"#),
        "{}",
        later.up_sql()
    );
    apply(&scratch, &later.up_sql()).await;
    let back = plan_with(&scratch, &all, Signing::Off).await;
    assert_eq!(back.notes, [Note::NoLongerSigns]);
    apply(&scratch, &back.up_sql()).await;
    assert_eq!(catalog(&scratch, &all).await.database.signing, Signing::Off);
    assert!(plan(&scratch, &all).await.is_empty());
}
