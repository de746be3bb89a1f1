//! `tenants migration generate --online`: each migration of a series, on tables with rows and beside other sessions.
//!
//! What holds others up is told by locks and by what is read under them, never by a clock.

use tenants_core::TableName;
use tenants_core::catalog::Catalog;
use tenants_core::plan::{Fault, Migration, Note, Part, Plan, Refused, Series};
use tenants_core::signature::Signing;
use tenants_diesel::{GlobalAccess, Registry, Table};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::golden::{
    catalog, events, files, notes, orders, plans, posts, reports, schema, shared, tagged,
};
use super::scratch::Scratch;
use crate::golden::assert_golden;

const TABLES: &str = include_str!("online.sql");
/// What `tenants backfill` does.
const BACKFILL: &str = r#"UPDATE posts SET tenant = 'a' WHERE tenant IS NULL;
    UPDATE notes SET tenant = 7 WHERE tenant IS NULL;
    UPDATE files SET owner = gen_random_uuid() WHERE owner IS NULL;
    UPDATE "Sales"."Quarter ""Report""" SET "Customer" = 'a' WHERE "Customer" IS NULL;
    UPDATE events SET tenant = 'a' WHERE tenant IS NULL"#;
/// Where a migration begins to hold others up.
const LOCK: &str = "SET LOCAL statement_timeout = '500ms';";

fn registry() -> Registry {
    Registry::new([
        tagged::<posts::table, posts::tenant>(),
        tagged::<notes::table, notes::tenant>(),
        tagged::<orders::table, orders::tenant>(),
        tagged::<files::table, files::owner>(),
        tagged::<reports::table, reports::customer>(),
        tagged::<events::table, events::tenant>(),
        shared::<plans::table>(GlobalAccess::Read),
    ])
    .unwrap()
}

async fn live() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    scratch
}

fn series_of(catalog: &Catalog, scratch: &Scratch) -> Result<Series, Refused> {
    Series::new(&registry(), catalog, &scratch.roles(), Signing::Off)
}

async fn series(scratch: &Scratch) -> Series {
    series_of(&catalog(scratch, &registry()).await, scratch).unwrap()
}

/// As Diesel runs a file.
fn message(migration: &Migration, file: &str) -> String {
    match migration.metadata {
        None => format!("BEGIN; {file} COMMIT"),
        Some(_) => file.to_owned(),
    }
}

async fn up(scratch: &Scratch, migration: &Migration) {
    // Tables are filled in once the first migration asks for it.
    if migration.part == Part::Check {
        scratch.run("owner", BACKFILL).await;
    }
    scratch.run("owner", &message(migration, &migration.up)).await;
}

async fn down(scratch: &Scratch, migration: &Migration) {
    scratch.run("owner", &message(migration, &migration.down)).await;
}

async fn lacks_nothing(scratch: &Scratch) {
    let live = catalog(scratch, &registry()).await;
    let plan = Plan::new(&registry(), &live, &scratch.roles()).unwrap();
    assert!(plan.is_empty(), "{}", plan.up_sql());
    assert_eq!(series_of(&live, scratch).unwrap().migrations, []);
}

fn posts_of(series: &Series, part: Part) -> &Migration {
    let is_it = |it: &&Migration| {
        it.part == part && it.on.as_ref().is_some_and(|on| on.name().as_str() == "posts")
    };
    series.migrations.iter().find(is_it).unwrap()
}

/// A session of its own.
async fn session(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn number(client: &Client, sql: &str) -> i64 {
    let answer = client.simple_query(sql).await.unwrap();
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    row.unwrap().parse().unwrap()
}

#[tokio::test]
async fn each_migration_is_taken_back_exactly_and_all_of_them_lead_to_the_goal() {
    let scratch = live().await;
    let series = series(&scratch).await;
    let mut states = vec![scratch.snapshot().await];
    for migration in &series.migrations {
        up(&scratch, migration).await;
        states.push(scratch.snapshot().await);
    }
    lacks_nothing(&scratch).await;
    for (at, migration) in series.migrations.iter().enumerate().rev() {
        down(&scratch, migration).await;
        // The index takes those of its partitions along.
        let is_exact = migration.part != Part::IndexOfPartitions;
        if is_exact && migration.part != Part::Index {
            let back = scratch.snapshot().await;
            // Behind NOT NULL, it says nothing whether the constraint was validated. It is again before that goes.
            let is_not_null = migration.part >= Part::NotNull;
            let plain = |state: &str| match is_not_null {
                true => state.replace(" IS NOT NULL)) NOT VALID", " IS NOT NULL))"),
                false => state.to_owned(),
            };
            assert_eq!(plain(&back), plain(&states[at]), "{}", migration.down);
            up(&scratch, migration).await;
            let again = scratch.snapshot().await;
            assert_eq!(plain(&again), plain(&states[at + 1]), "{}", migration.up);
            down(&scratch, migration).await;
        }
    }
    assert_eq!(scratch.snapshot().await, states[0]);
}

#[tokio::test]
async fn a_series_that_was_left_anywhere_is_gone_on_with() {
    let origin = live().await;
    let (before, first) = (origin.snapshot().await, series(&origin).await);
    assert!(first.migrations.len() > 20, "{:?}", first.migrations);
    for left in 0..=first.migrations.len() {
        let scratch = origin.copy().await;
        let (ran, _) = first.migrations.split_at(left);
        for migration in ran {
            up(&scratch, migration).await;
        }
        let rest = series(&scratch).await.migrations;
        assert!(rest.len() <= first.migrations.len() - left, "{left}: {rest:?}");
        for migration in &rest {
            up(&scratch, migration).await;
        }
        lacks_nothing(&scratch).await;
        let checks = "SELECT conname FROM pg_constraint WHERE contype = 'c'
            AND connamespace IN ('public'::regnamespace, '\"Sales\"'::regnamespace)";
        assert_eq!(scratch.values("owner", checks).await.unwrap(), [""; 0], "{left}");
        for migration in ran.iter().chain(&rest).rev() {
            down(&scratch, migration).await;
        }
        assert_eq!(scratch.snapshot().await, before, "left behind {left}");
        scratch.remove().await;
    }
}

/// First the columns and policies that observe; once rows have their tenants, what enforces, and all the way back.
#[tokio::test]
async fn a_live_database_is_observed_before_it_is_enforced() {
    let scratch = live().await;
    let before = scratch.snapshot().await;
    let roles = scratch.roles();
    let observing =
        Series::observing(&registry(), &catalog(&scratch, &registry()).await, &roles).unwrap();
    let reads = [Part::Check, Part::Validate, Part::NotNull];
    for migration in &observing.migrations {
        assert!(!reads.contains(&migration.part), "{:?}", migration.part);
        up(&scratch, migration).await;
    }
    let policies =
        "SELECT DISTINCT policyname FROM pg_policies WHERE schemaname <> 'tenants' ORDER BY 1";
    let observed = ["tenants_admin", "tenants_observe"];
    assert_eq!(scratch.values("owner", policies).await.unwrap(), observed);
    // Scoped code sees all rows, and writes its own.
    let app = scratch.role("app");
    let scoped = format!(
        "SET ROLE {app}; SET tenants.tenant = 'a'; INSERT INTO notes (id) OVERRIDING SYSTEM VALUE VALUES (900)"
    );
    let other = scratch.values("login", &scoped).await.unwrap_err();
    assert!(other.starts_with("22P02"), "its default is the tenant, and `a` is no number: {other}");
    let scoped = scoped.replace("'a'", "'7'");
    scratch.run("login", &scoped).await;
    let count = format!("SET ROLE {app}; SET tenants.tenant = '7'; SELECT count(*) FROM notes");
    assert_eq!(scratch.values("login", &count).await.unwrap(), ["501"]);

    let at_observed = scratch.snapshot().await;
    scratch.superuser_here(BACKFILL).await;
    let enforcing = series(&scratch).await;
    for migration in &enforcing.migrations {
        scratch.run("owner", &message(migration, &migration.up)).await;
    }
    lacks_nothing(&scratch).await;
    let count = count.replace("'7'", "'8'");
    assert_eq!(scratch.values("login", &count).await.unwrap(), ["0"]);
    for migration in enforcing.migrations.iter().rev() {
        down(&scratch, migration).await;
    }
    assert_eq!(scratch.snapshot().await, at_observed);
    for migration in observing.migrations.iter().rev() {
        down(&scratch, migration).await;
    }
    assert_eq!(scratch.snapshot().await, before);
}

/// How much has been read of the application's tables in this transaction.
const READ: &str = "SELECT coalesce(sum(pg_stat_get_xact_numscans(c.oid) + pg_stat_get_xact_tuples_returned(c.oid)), 0)
    FROM pg_class AS c WHERE c.relkind = 'r' AND c.relnamespace IN ('public'::regnamespace, '\"Sales\"'::regnamespace)";
/// The locks of this session that hold up whoever reads or writes rows.
const HOLDS_UP: &str = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()
    AND relation IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p')
        AND relnamespace IN ('public'::regnamespace, '\"Sales\"'::regnamespace))
    AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')";

#[tokio::test]
async fn no_row_is_read_while_a_table_is_locked() {
    let scratch = live().await;
    let client = session(&scratch.url("owner")).await;
    let mut locking = 0;
    for migration in series(&scratch).await.migrations {
        if migration.metadata.is_some() {
            up(&scratch, &migration).await;
            continue;
        }
        if migration.part == Part::Check {
            scratch.run("owner", BACKFILL).await;
        }
        // The index takes those of its partitions along, without which it is not made again.
        let is_whole = migration.part == Part::IndexOfPartitions;
        for file in [&migration.up, &migration.down].into_iter().take(2 - usize::from(is_whole)) {
            let (ahead, locked) = file.split_once(LOCK).unwrap_or((file, ""));
            client.batch_execute(&format!("BEGIN; {ahead}")).await.unwrap();
            assert_eq!(number(&client, HOLDS_UP).await, 0, "{file}");
            let read = number(&client, READ).await;
            client.batch_execute(locked).await.unwrap();
            assert_eq!(number(&client, READ).await, read, "{file}");
            locking += i32::from(number(&client, HOLDS_UP).await > 0);
            // Down needs what up does.
            client.batch_execute("COMMIT").await.unwrap();
        }
        if !is_whole {
            up(&scratch, &migration).await;
        }
    }
    assert!(locking > 20, "{locking}");
    lacks_nothing(&scratch).await;

    // The check finds what a plain migration does.
    let plain = live().await;
    plain.run("owner", &format!("ALTER TABLE notes ADD tenant integer; {BACKFILL}")).await;
    let plan = Plan::new(&registry(), &catalog(&plain, &registry()).await, &plain.roles()).unwrap();
    let client = session(&plain.url("owner")).await;
    client.batch_execute(&format!("BEGIN; {}", plan.up_sql())).await.unwrap();
    assert!(number(&client, READ).await > 2500 && number(&client, HOLDS_UP).await > 0);
}

#[tokio::test]
async fn rows_without_a_tenant_stop_a_series_before_anything_else_and_the_remedy_is_said() {
    let scratch = live().await;
    let series = series(&scratch).await;
    let noted: Vec<_> = series
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::Backfill { table } => Some(table.name().as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(noted, ["Quarter \"Report\"", "events", "files", "notes", "posts"]);
    let (columns, rest): (Vec<_>, Vec<_>) =
        series.migrations.iter().partition(|migration| migration.part == Part::AddColumn);
    assert_eq!(columns.len(), 1);
    up(&scratch, columns[0]).await;
    let before = scratch.snapshot().await;
    let first = message(rest[0], &rest[0].up);
    let refused = scratch.values("owner", &first).await.unwrap_err();
    assert!(refused.starts_with("23502"), "{refused}");
    assert!(refused.contains("`tenants backfill`") && refused.contains("Quarter"), "{refused}");
    assert_eq!(scratch.snapshot().await, before);

    // A row that comes in behind the question is found when all are looked at.
    scratch.run("owner", BACKFILL).await;
    let (check, validate) = (posts_of(&series, Part::Check), posts_of(&series, Part::Validate));
    let (_, behind) = check.up.split_once("$$;").unwrap();
    scratch.run("owner", "INSERT INTO posts VALUES (501)").await;
    scratch.run("owner", &format!("BEGIN; {behind} COMMIT")).await;
    let refused = scratch.values("owner", &message(validate, &validate.up)).await.unwrap_err();
    assert!(refused.starts_with("23514"), "{refused}");
    let refused = scratch.values("owner", "INSERT INTO posts VALUES (502)").await.unwrap_err();
    assert!(refused.starts_with("23514"), "{refused}");
    scratch.run("owner", BACKFILL).await;
    scratch.run("owner", &message(validate, &validate.up)).await;
}

#[tokio::test]
async fn an_index_is_built_while_others_write_and_an_unfinished_one_counts_for_none() {
    let scratch = live().await;
    scratch.run("owner", "UPDATE posts SET tenant = 'a'").await;
    let index = posts_of(&series(&scratch).await, Part::Index).clone();
    let writer = session(&scratch.url("owner")).await;
    writer.batch_execute("BEGIN; UPDATE posts SET title = 'x' WHERE id = 1").await.unwrap();
    let builder = session(&scratch.url("owner")).await;
    let statement = index.up.clone();
    let building = tokio::spawn(async move { builder.batch_execute(&statement).await });
    let waits = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%CREATE INDEX CONCURRENTLY%'
        AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()";
    scratch.until(waits).await;
    // Who would have to wait gives up.
    let others = "SET lock_timeout = '1ms'; INSERT INTO posts VALUES (600, 'a');
        UPDATE posts SET title = 'y' WHERE id = 2; SELECT count(*) FROM posts";
    assert_eq!(scratch.values("owner", others).await.unwrap(), ["501"]);
    writer.batch_execute("COMMIT").await.unwrap();
    building.await.unwrap().unwrap();
    down(&scratch, &index).await;

    // It gives up itself.
    writer.batch_execute("BEGIN; UPDATE posts SET title = 'z' WHERE id = 1").await.unwrap();
    let builder = session(&scratch.url("owner")).await;
    builder.batch_execute("SET lock_timeout = '10ms'").await.unwrap();
    builder.batch_execute(&index.up).await.unwrap_err();
    writer.batch_execute("COMMIT").await.unwrap();
    let invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid";
    assert_eq!(scratch.values("owner", invalid).await.unwrap(), ["posts_tenant_idx"]);
    let again = series(&scratch).await;
    let other = posts_of(&again, Part::Index);
    assert!(other.up.contains(r#"CONCURRENTLY "posts_tenant_idx1" ON"#), "{}", other.up);
    let is_told = |note: &Note| matches!(note, Note::IndexInvalid { index, .. } if index.as_str() == "posts_tenant_idx");
    assert!(again.notes.iter().any(is_told), "{:?}", again.notes);
    // As the file says: what is left goes by down.sql, and the same runs again.
    let refused = scratch.values("owner", &index.up).await.unwrap_err();
    assert!(refused.starts_with("42P07"), "{refused}");
    down(&scratch, &index).await;
    scratch.run("owner", &index.up).await;
    assert!(series(&scratch).await.migrations.iter().all(|it| {
        it.part != Part::Index || it.on.as_ref().unwrap().name().as_str() != "posts"
    }));
}

#[tokio::test]
async fn an_index_of_partitions_builds_nothing_under_a_lock() {
    let scratch = live().await;
    let series = series(&scratch).await;
    let whole = series.migrations.iter().find(|it| it.part == Part::IndexOfPartitions).unwrap();
    let parts = series.migrations.iter().filter(|migration| {
        let on = migration.on.as_ref().map_or("", |on| on.name().as_str());
        migration.part == Part::Index && on.starts_with("events")
    });
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.len(), 3);
    let refused = async || {
        let refused = scratch.values("owner", &message(whole, &whole.up)).await.unwrap_err();
        assert!(refused.starts_with("55000") && refused.contains("CONCURRENTLY"), "{refused}");
    };
    for part in &parts {
        refused().await;
        up(&scratch, part).await;
    }
    let events_1 = "UPDATE pg_index SET indisvalid = {} WHERE indrelid = 'events_1'::regclass";
    scratch.superuser_here(&events_1.replace("{}", "false")).await;
    refused().await;
    scratch.superuser_here(&events_1.replace("{}", "true")).await;
    up(&scratch, whole).await;
    let valid = "SELECT indisvalid FROM pg_index WHERE indrelid = 'events'::regclass";
    assert_eq!(scratch.values("owner", valid).await.unwrap(), ["t"]);
}

#[tokio::test]
async fn whoever_is_in_the_way_is_waited_for_without_holding_others_up() {
    let scratch = live().await;
    scratch.run("owner", "ALTER TABLE notes ADD tenant integer").await;
    let series = series(&scratch).await;
    scratch.run("owner", BACKFILL).await;
    let migration = posts_of(&series, Part::Check).clone();
    // As VACUUM does, and whoever builds an index.
    let vacuum = session(&scratch.url("owner")).await;
    let lock = "BEGIN; LOCK TABLE posts IN SHARE UPDATE EXCLUSIVE MODE";
    vacuum.batch_execute(lock).await.unwrap();
    let (runner, text) = (session(&scratch.url("owner")).await, message(&migration, &migration.up));
    let running = tokio::spawn(async move { runner.batch_execute(&text).await });
    let waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'posts'::regclass";
    scratch.until(waits).await;
    let others = "SET lock_timeout = '1ms'; INSERT INTO posts VALUES (600, 'a');
        UPDATE posts SET title = 'y' WHERE id = 2; SELECT count(*) FROM posts";
    assert_eq!(scratch.values("owner", others).await.unwrap(), ["501"]);
    vacuum.batch_execute("COMMIT").await.unwrap();
    running.await.unwrap().unwrap();

    // For a statement of the application it gives up, and nothing has happened.
    let before = scratch.snapshot().await;
    let reader = session(&scratch.url("owner")).await;
    reader.batch_execute("BEGIN; SELECT FROM posts LIMIT 1").await.unwrap();
    let validate = posts_of(&series, Part::Validate);
    // This one does not wait for it.
    up(&scratch, validate).await;
    down_refused(&scratch, &migration).await;
    let not_null = posts_of(&series, Part::NotNull);
    let refused = scratch.values("owner", &message(not_null, &not_null.up)).await.unwrap_err();
    assert!(refused.starts_with("57014"), "{refused}");
    reader.batch_execute("COMMIT").await.unwrap();
    down(&scratch, validate).await;
    assert_eq!(scratch.snapshot().await, before);
}

async fn down_refused(scratch: &Scratch, migration: &Migration) {
    let refused = scratch.values("owner", &message(migration, &migration.down)).await.unwrap_err();
    assert!(refused.starts_with("57014"), "{refused}");
}

/// A column of which no policy was ever asked: nobody reads the table as a tenant before it is isolated.
#[tokio::test]
async fn no_point_of_a_series_opens_a_table() {
    let scratch = live().await;
    let app = scratch.role("app");
    let seen = async |table: &str| {
        let read = format!(
            "BEGIN; SET LOCAL ROLE {app}; SET LOCAL tenants.tenant = 'b'; SELECT id FROM {table}; ROLLBACK"
        );
        scratch.values("login", &read).await.unwrap_or_default().len()
    };
    for migration in series(&scratch).await.migrations {
        up(&scratch, &migration).await;
        for table in ["posts", "events", "events_1", r#""Sales"."Quarter ""Report""""#] {
            assert_eq!(seen(table).await, 0, "{table} behind {}", migration.up);
        }
    }
    scratch.superuser_here("UPDATE posts SET tenant = 'b' WHERE id = 1").await;
    assert_eq!(seen("posts").await, 1);
    scratch.superuser_here("ALTER TABLE posts DISABLE ROW LEVEL SECURITY").await;
    assert_eq!(seen("posts").await, 500, "what the check would find");
}

#[tokio::test]
async fn a_column_is_added_only_where_none_of_the_partitions_has_it() {
    let scratch = live().await;
    scratch.run("owner", "ALTER TABLE events DROP tenant").await;
    let series = series(&scratch).await;
    let added = series.migrations.iter().filter(|it| it.part == Part::AddColumn);
    assert_eq!(added.count(), 2);
    let mut catalog = catalog(&scratch, &registry()).await;
    let named = |it: &&mut _| {
        let tenants_core::catalog::Relation { name, .. } = it;
        name.name().as_str() == "events_1"
    };
    let column = catalog.relations.values().find_map(|it| it.tenant_column.clone());
    catalog.relations.values_mut().find(named).unwrap().tenant_column = column;
    let Refused(faults) = series_of(&catalog, &scratch).unwrap_err();
    let is_events = |table: &TableName| table.name().as_str().starts_with("events");
    let missing = faults
        .iter()
        .filter(|fault| matches!(fault, Fault::ColumnMissing { table, .. } if is_events(table)));
    assert_eq!(missing.count(), 4, "{faults:?}");
}

schema!(online);

/// What is written, word for word.
#[tokio::test]
async fn the_files_of_a_series() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let tables = std::fs::read_to_string(crate::golden::path("online").join("tables.sql")).unwrap();
    scratch.run("owner", &tables).await;
    let registry = Registry::new(online::tags()).unwrap();
    let catalog = catalog(&scratch, &registry).await;
    let series = Series::new(&registry, &catalog, &scratch.roles(), Signing::Off).unwrap();
    let names: Vec<_> = series.migrations.iter().map(|it| it.part.label()).collect();
    assert_eq!(
        names,
        [
            "add_column",
            "check",
            "check",
            "validate",
            "validate",
            "index",
            "index",
            "index",
            "index_of_partitions",
            "not_null",
            "not_null",
            "isolate",
            "isolate"
        ]
    );
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for migration in &series.migrations {
        ups.push(migration.up.as_str());
        downs.insert(0, migration.down.as_str());
    }
    for (file, texts) in [("up.sql", ups), ("down.sql", downs)] {
        let text = texts.join("\n").replace(&format!("{}_", scratch.prefix), "tenants_");
        assert_golden(format!("online/{file}"), &text);
    }
}
