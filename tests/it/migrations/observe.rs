//! Migrations that observe, those that enforce, and the way back; and what the commands say meanwhile.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tenants_core::plan::{Comparison, Drift, Enforcement, Fault, Note, Plan};
use tenants_core::signature::Signing;
use tenants_diesel::{Registry, Table};

use super::golden::{catalog, plan, plan_with, schema, tagged};
use super::scratch::{Directory, Scratch, stderr, stdout, written};
use crate::golden::{self, assert_golden};

schema!(observe);
diesel::table! { old_posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! {
    #[sql_name = "notes"]
    wide_notes (id) { id -> BigInt, tenant -> BigInt, }
}

fn registry() -> Registry {
    Registry::new(observe::tags()).unwrap()
}

/// A database with the tables of the golden case, as an application has them that is to be adopted.
async fn adopted() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let mut tables = fs::read_to_string(golden::path("observe").join("tables.sql")).unwrap();
    for part in ["app", "login"] {
        tables = tables.replace(&format!("tenants_{part}"), &scratch.role(part));
    }
    scratch.run("owner", &tables).await;
    scratch
}

async fn observing(scratch: &Scratch) -> Plan {
    let registry = registry();
    Plan::observing(&registry, &catalog(scratch, &registry).await, &scratch.roles()).unwrap()
}

async fn up(scratch: &Scratch, plan: &Plan) {
    scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
}

async fn down(scratch: &Scratch, plan: &Plan) {
    scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.down_sql())).await;
}

fn golden(scratch: &Scratch, step: &str, plan: &Plan) {
    for (file, generated) in [("up.sql", plan.up_sql()), ("down.sql", plan.down_sql())] {
        let generated = generated.replace(&format!("{}_", scratch.prefix), "tenants_");
        assert_golden(format!("observe/{step}{file}"), &generated);
    }
}

#[tokio::test]
async fn observe_enforce_and_back_are_exact() {
    let scratch = adopted().await;
    let before = scratch.snapshot().await;

    let observe = observing(&scratch).await;
    assert!(observe.notes.contains(&Note::Observes), "{:?}", observe.notes);
    golden(&scratch, "", &observe);
    up(&scratch, &observe).await;
    let observed = scratch.snapshot().await;
    assert!(observing(&scratch).await.is_empty(), "{}", observing(&scratch).await.up_sql());

    let enforce = plan(&scratch, &registry()).await;
    assert!(enforce.notes.contains(&Note::Enforces), "{:?}", enforce.notes);
    golden(&scratch, "enforce-", &enforce);
    up(&scratch, &enforce).await;
    let enforced = scratch.snapshot().await;
    assert!(plan(&scratch, &registry()).await.is_empty());
    let observes = |line: &str| line.starts_with("policy") && line.contains("tenants_observe");
    assert_eq!(observed.lines().filter(|line| observes(line)).count(), 6);
    assert!(!enforced.lines().any(observes), "{enforced}");

    down(&scratch, &enforce).await;
    assert_eq!(scratch.snapshot().await, observed);
    let since = "SELECT count(*) FROM pg_policy
        WHERE polname = 'tenants_observe' AND obj_description(oid, 'pg_policy') LIKE 'since 2%UTC'";
    assert_eq!(scratch.values("owner", since).await.unwrap(), ["6"]);
    up(&scratch, &enforce).await;
    assert_eq!(scratch.snapshot().await, enforced);
    down(&scratch, &enforce).await;
    down(&scratch, &observe).await;
    assert_eq!(scratch.snapshot().await, before);
}

/// Enforced at once, the database is the same as by way of observing.
#[tokio::test]
async fn the_way_does_not_matter() {
    let by_way = adopted().await;
    let view = format!(
        "CREATE VIEW titles AS SELECT id FROM posts; GRANT SELECT ON titles TO {}",
        by_way.role("login")
    );
    by_way.run("owner", &view).await;
    let at_once = by_way.copy().await;
    let observe = observing(&by_way).await;
    assert!(!observe.up_sql().contains("titles"), "it is left as it is: {}", observe.up_sql());
    up(&by_way, &observe).await;
    up(&by_way, &plan(&by_way, &registry()).await).await;
    up(&at_once, &plan(&at_once, &registry()).await).await;
    assert_eq!(by_way.snapshot().await, at_once.snapshot().await);
}

#[tokio::test]
async fn observing_asks_for_no_signature_and_enforcing_may() {
    let scratch = adopted().await;
    up(&scratch, &observing(&scratch).await).await;
    let observed = scratch.snapshot().await;
    let signed = plan_with(&scratch, &registry(), Signing::On).await;
    up(&scratch, &signed).await;
    assert_eq!(catalog(&scratch, &registry()).await.database.signing, Signing::On);
    assert!(plan(&scratch, &registry()).await.is_empty());
    down(&scratch, &signed).await;
    assert_eq!(scratch.snapshot().await, observed);
}

/// At no time does another session find a table with fewer policies: each file is one transaction, which adds first.
#[tokio::test]
async fn what_enforces_is_there_before_what_observes_goes() {
    let scratch = adopted().await;
    up(&scratch, &observing(&scratch).await).await;
    let enforce = plan(&scratch, &registry()).await;
    for table in &enforce.tables {
        let place = |wanted: &str| {
            let mut ups = table.steps.iter().map(|step| step.up.as_str());
            ups.position(|up| up.contains(wanted)).unwrap()
        };
        let drop = place("DROP POLICY IF EXISTS \"tenants_observe\"");
        assert!(place("CREATE POLICY \"tenants_isolation\"") < drop, "{}", table.table);
        assert!(place("CREATE POLICY \"tenants_guard\"") < drop, "{}", table.table);
    }
}

#[tokio::test]
async fn what_is_enforced_stays_enforced() {
    let scratch = adopted().await;
    let all = registry();
    let first = Registry::new([tagged::<observe::posts::table, observe::posts::tenant>()]).unwrap();
    let mut live = catalog(&scratch, &first).await;
    live.untagged.clear();
    let enforce = Plan::new(&first, &live, &scratch.roles()).unwrap();
    up(&scratch, &enforce).await;
    let observe = observing(&scratch).await;
    assert!(!observe.up_sql().contains(r#"ON "public"."posts""#), "{}", observe.up_sql());
    up(&scratch, &observe).await;
    // Only some of its policies are there: it is completed, not observed.
    scratch.run("owner", "DROP POLICY tenants_isolation ON posts").await;
    let observe = observing(&scratch).await;
    let drifts: Vec<_> = observe.steps().map(|step| step.drift.to_string()).collect();
    assert_eq!(drifts, ["policy `tenants_isolation` is missing"]);
    // Beside policies that enforce, one that observes is a difference also for who accepts observed tables.
    let policy =
        "CREATE POLICY tenants_isolation ON posts USING (tenant = tenants.current_tenant());
        CREATE POLICY tenants_observe ON posts USING (true)";
    scratch.run("owner", policy).await;
    let live = catalog(&scratch, &all).await;
    let found = Comparison::observing(&all, &live, &scratch.roles());
    let observed = Drift::Observed.to_string();
    assert!(found.to_string().contains(&observed), "{found}");
    assert_eq!(Enforcement::default(), Enforcement::Enforce);
}

/// PostgreSQL changes no type of a column that any policy names.
#[tokio::test]
async fn a_column_gets_another_type_behind_the_end_of_an_observation() {
    let scratch = adopted().await;
    up(&scratch, &plan(&scratch, &registry()).await).await;
    let policy = "CREATE POLICY tenants_observe ON notes
        USING (tenants.observe(tableoid, 'USING') OR tenant = 1)";
    scratch.run("owner", policy).await;
    let before = scratch.snapshot().await;
    let wide = Registry::new([tagged::<wide_notes::table, wide_notes::tenant>()]).unwrap();
    let mut live = catalog(&scratch, &wide).await;
    live.untagged.clear();
    let retype = Plan::new(&wide, &live, &scratch.roles()).unwrap();
    up(&scratch, &retype).await;
    assert!(!scratch.snapshot().await.contains("policy notes tenants_observe"));
    down(&scratch, &retype).await;
    assert_eq!(scratch.snapshot().await, before);
}

/// A permissive policy would show what those of somebody else hide.
#[tokio::test]
async fn a_table_with_policies_of_its_own_is_not_observed() {
    for restriction in [
        "ALTER TABLE posts ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON posts AS RESTRICTIVE USING (false)",
        "ALTER TABLE events_acme ENABLE ROW LEVEL SECURITY",
    ] {
        let scratch = adopted().await;
        scratch.run("owner", restriction).await;
        let live = catalog(&scratch, &registry()).await;
        let refused = Plan::observing(&registry(), &live, &scratch.roles()).unwrap_err();
        assert!(
            matches!(&refused.0[..], [Fault::ObservationOpens { .. }]),
            "{restriction}: {refused}"
        );
        assert!(Plan::new(&registry(), &live, &scratch.roles()).is_ok(), "{restriction}");
    }
}

/// Whoever reads a parent reads its children, by the policies of the parent alone.
#[tokio::test]
async fn what_inherits_and_is_enforced_is_not_opened_from_above() {
    for tables in [
        "CREATE TABLE posts (id bigint, tenant text NOT NULL); CREATE TABLE old_posts () INHERITS (posts)",
        "CREATE TABLE posts (id bigint, tenant text NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE old_posts PARTITION OF posts FOR VALUES FROM (0) TO (10)",
    ] {
        let scratch = Scratch::new().await;
        scratch.set_up(&[]);
        scratch.run("owner", tables).await;
        let old = || tagged::<old_posts::table, old_posts::tenant>();
        let child = Registry::new([old()]).unwrap();
        let enforce = plan(&scratch, &child).await;
        up(&scratch, &enforce).await;
        let both =
            Registry::new([old(), tagged::<observe::posts::table, observe::posts::tenant>()])
                .unwrap();
        let live = catalog(&scratch, &both).await;
        let refused = Plan::observing(&both, &live, &scratch.roles()).unwrap_err();
        let opened = &child.tables().next().unwrap().name;
        assert!(
            matches!(&refused.0[..], [Fault::ObservationOpens { table }] if table == opened),
            "{refused}"
        );
        down(&scratch, &enforce).await;
        let live = catalog(&scratch, &both).await;
        Plan::observing(&both, &live, &scratch.roles()).unwrap();
    }
}

fn command(scratch: &Scratch, directory: &Path, args: &[&str]) -> Output {
    let roles = if args[0] == "observed" { vec![] } else { scratch.role_args().to_vec() };
    let args: Vec<_> = args.iter().copied().chain(roles.iter().map(String::as_str)).collect();
    let program = env!("CARGO_BIN_EXE_tenants");
    scratch.command(program, &args).current_dir(directory).output().unwrap()
}

fn newest(directory: &Path) -> [String; 2] {
    let entries = fs::read_dir(directory.join("migrations")).unwrap();
    let path = entries.map(|entry| entry.unwrap().path()).max().unwrap();
    ["up.sql", "down.sql"].map(|file| fs::read_to_string(path.join(file)).unwrap())
}

/// From the first migration to the last, by the commands alone.
#[tokio::test]
async fn an_application_is_observed_and_then_enforced() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", include_str!("tables.sql")).await;
    scratch.run("owner", "DROP TABLE elsewhere.posts").await;
    let project = Directory::new();
    fs::create_dir(project.join("migrations")).unwrap();
    let run = |args: &[&str]| command(&scratch, &project, args);

    let said = written(&run(&["observed"]), 1);
    assert!(said.starts_with("open      archive.posts\nopen      public.posts\n"), "{said}");
    let said = stdout(&run(&["migration", "generate", "a", "--observe"]));
    assert!(said.contains("every tenant still sees all rows"), "{said}");
    let [up, _] = newest(&project);
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;

    let said = written(&run(&["check"]), 1);
    assert!(said.contains("observed, not enforced: every tenant sees all rows"), "{said}");
    assert_eq!(
        written(&run(&["check", "--observe"]), 0),
        "The database is what the tags ask for.\n"
    );
    let said = stdout(&run(&["migration", "generate", "b", "--observe"]));
    assert!(said.contains("Nothing to do"), "{said}");
    let said = written(&run(&["observed"]), 0);
    assert!(said.contains("observed  public.posts since 2"), "{said}");
    assert!(said.ends_with("Nothing was recorded.\n"), "{said}");

    let app = scratch.role("app");
    let write = format!(
        "BEGIN; SET LOCAL ROLE {app}; SET LOCAL tenants.tenant = 'a';
        INSERT INTO posts (tenant, title) VALUES ('b', 'x'); COMMIT"
    );
    scratch.run("login", &write).await;
    let said = written(&run(&["observed"]), 1);
    assert!(
        said.contains("public.posts: rows would be refused (WITH CHECK), in a scope"),
        "{said}"
    );
    let value: Value =
        serde_json::from_str(&written(&run(&["observed", "--format", "json"]), 1)).unwrap();
    let [table, seen] = ["tables", "observations"].map(|key| value[key][0].clone());
    assert_eq!(
        [&value["version"], &value["clean"], &value["full"]],
        [&json!(1), &json!(false), &json!(false)]
    );
    assert_eq!([&table["table"], &table["state"]], ["archive.posts", "observed"]);
    assert!(table["since"].as_str().unwrap().ends_with("UTC"), "{table}");
    assert_eq!([&seen["table"], &seen["side"]], ["public.posts", "WITH CHECK"]);
    assert_eq!([&seen["scoped"], &seen["login"]], [&json!(true), &json!(scratch.role("login"))]);
    assert_eq!([&seen["role"], &seen["records"]], [&Value::Null, &json!(1)]);
    assert_eq!(stdout(&run(&["observed", "--clear"])), "Forgot what was recorded.\n");
    written(&run(&["observed"]), 0);

    let said = stdout(&run(&["migration", "generate", "c"]));
    assert!(said.contains("let it list nothing first"), "{said}");
    let [up, down] = newest(&project);
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    written(&run(&["check"]), 0);
    assert!(written(&run(&["observed"]), 0).contains("enforced  public.posts\n"));
    let refused = scratch.values("login", &write).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
    written(&run(&["check", "--observe"]), 0);

    scratch.run("owner", &format!("BEGIN; {down} COMMIT")).await;
    written(&run(&["check", "--observe"]), 0);
    scratch.run("login", &write).await;
    written(&run(&["observed"]), 1);
}

#[tokio::test]
async fn what_cannot_be_asked_is_no_silence() {
    let scratch = Scratch::new().await;
    let project = Directory::new();
    let run = |args: &[&str]| command(&scratch, &project, args);
    let said = stderr(&run(&["observed"]), 2);
    assert!(said.contains("run `tenants setup` first"), "{said}");
    let unreachable =
        ["observed", "--database-url", "postgres://nobody:s3cret@127.0.0.1:1/nothing"];
    let said = stderr(&run(&unreachable), 2);
    assert!(said.contains("could not connect") && !said.contains("s3cret"), "{said}");
    stderr(&run(&["migration", "generate", "a", "--observe", "--signing", "on"]), 2);
    stderr(&run(&["check", "--observe", "--signing", "on"]), 2);
}
