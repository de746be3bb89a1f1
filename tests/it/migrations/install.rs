//! Schema `tenants`, installed by many at once.

use std::path::Path;

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, RunQueryDsl};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::FutureExt;
use tenants_diesel::migrations::{self, InstallError, MIGRATIONS};

use super::scratch::Scratch;

const INSTALLED: &str =
    r#"SELECT "version" FROM "tenants"."__diesel_schema_migrations" ORDER BY 1"#;

fn all() -> Vec<Box<dyn Migration<Pg>>> {
    MigrationSource::<Pg>::migrations(&MIGRATIONS).unwrap()
}

fn versions() -> Vec<String> {
    all().iter().map(|migration| migration.name().version().to_string()).collect()
}

fn file(migration: &dyn Migration<Pg>, name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    std::fs::read_to_string(directory.join(migration.name().to_string()).join(name)).unwrap()
}

#[tokio::test]
async fn eight_processes_may_install_at_once() {
    let scratch = Scratch::new().await;
    let installs = (0..8).map(|number| {
        let url = scratch.url("owner");
        if number % 2 == 0 {
            tokio::spawn(async move {
                let conn = <AsyncPgConnection as AsyncConnection>::establish(&url).await.unwrap();
                migrations::install(conn).await.map(|applied| applied.len())
            })
        } else {
            tokio::task::spawn_blocking(move || {
                let mut conn = <PgConnection as Connection>::establish(&url).unwrap();
                migrations::sync::install(&mut conn).map(|applied| applied.len())
            })
        }
    });
    let mut applied = 0;
    for install in installs.collect::<Vec<_>>() {
        applied += install.await.unwrap().unwrap();
    }
    assert_eq!(applied, all().len());
    assert_eq!(scratch.values("owner", INSTALLED).await, Ok(versions()));
}

async fn install(scratch: &Scratch, part: &str) -> Result<Vec<String>, InstallError> {
    let conn = <AsyncPgConnection as AsyncConnection>::establish(&scratch.url(part)).await.unwrap();
    let applied = migrations::install(conn).await?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_install_changes_nothing() {
    let scratch = Scratch::new().await;
    assert_eq!(install(&scratch, "owner").await.unwrap(), versions());
    let before = scratch.snapshot().await;
    assert!(install(&scratch, "owner").await.unwrap().is_empty());
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn the_search_path_of_the_connection_stays_and_diesels_own_table_is_not_touched() {
    let scratch = Scratch::new().await;
    let url = scratch.url("owner");
    let path = tokio::task::spawn_blocking(move || {
        let mut conn = <PgConnection as Connection>::establish(&url).unwrap();
        migrations::sync::install(&mut conn).unwrap();
        let path = diesel::dsl::sql::<Text>("current_setting('search_path')");
        diesel::select(path).get_result::<String>(&mut conn).unwrap()
    });
    assert_eq!(path.await.unwrap(), r#""$user", public"#);
    let theirs = "SELECT to_regclass('public.__diesel_schema_migrations') IS NULL";
    assert_eq!(scratch.values("owner", theirs).await.unwrap(), ["t"]);
}

#[tokio::test]
async fn a_refused_install_leaves_nothing_behind() {
    let scratch = Scratch::new().await;
    let before = scratch.snapshot().await;
    let refused = install(&scratch, "login").await.unwrap_err();
    assert!(matches!(refused, InstallError::Refused(_)), "{refused}");
    assert!(refused.to_string().contains("as the owner"), "{refused}");
    let url = scratch.url("owner");
    let refused = tokio::task::spawn_blocking(move || {
        let mut owner = <PgConnection as Connection>::establish(&url).unwrap();
        Connection::begin_test_transaction(&mut owner).unwrap();
        migrations::sync::install(&mut owner).unwrap_err()
    });
    let refused = refused.await.unwrap();
    assert!(matches!(refused, InstallError::InTransaction), "{refused}");
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn an_install_on_a_runtime_that_was_shut_down_is_told_apart() {
    let scratch = Scratch::new().await;
    let before = scratch.snapshot().await;
    let owner = <AsyncPgConnection as AsyncConnection>::establish(&scratch.url("owner")).await;
    let install = migrations::install(owner.unwrap());
    let ended = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let handle = ended.handle().clone();
    ended.shutdown_background();
    let interrupted = {
        let _inside = handle.enter();
        install.now_or_never().unwrap()
    };
    assert!(matches!(interrupted, Err(InstallError::Interrupted(_))), "{interrupted:?}");
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn down_takes_up_back_and_refuses_while_a_policy_names_the_function() {
    let scratch = Scratch::new().await;
    scratch.run("owner", "CREATE SCHEMA tenants").await;
    let before = scratch.snapshot().await;
    for migration in all() {
        scratch.run("owner", &file(&*migration, "up.sql")).await;
    }
    let protected = "CREATE TABLE t (tenant text DEFAULT tenants.current_tenant())";
    scratch.run("owner", protected).await;
    let refused = scratch.values("owner", &file(&*all()[0], "down.sql")).await.unwrap_err();
    assert!(refused.starts_with("2BP01"), "{refused}");
    scratch.run("owner", "DROP TABLE t").await;
    for migration in all().iter().rev() {
        scratch.run("owner", &file(&**migration, "down.sql")).await;
    }
    assert_eq!(scratch.snapshot().await, before);
}

/// Nobody is served by a change of version, in either direction, who was not.
#[tokio::test]
async fn the_store_admits_whom_the_table_before_it_did() {
    let scratch = Scratch::new().await;
    scratch.run("owner", "CREATE SCHEMA tenants").await;
    let all = all();
    let number =
        all.iter().position(|it| it.name().to_string().ends_with("_tenant_store")).unwrap();
    for migration in &all[..number] {
        scratch.run("owner", &file(&**migration, "up.sql")).await;
    }
    let before = scratch.snapshot().await;
    let (up, down) = (file(&*all[number], "up.sql"), file(&*all[number], "down.sql"));
    let tenants = "INSERT INTO tenants.tenant (id, status) VALUES ('a', 'active'), ('s', 'suspended'), ('d', 'deleted')";
    scratch.run("owner", tenants).await;
    let admitted = async || {
        let mut admitted = Vec::new();
        for id in ["a", "s", "d", "x"] {
            let asked = format!("SELECT tenants.admit('{id}')");
            admitted.push(scratch.values("owner", &asked).await.is_ok());
        }
        admitted
    };
    let statuses = async |more: &str| {
        let rows =
            format!("SELECT concat_ws(' ', id, status {more}) FROM tenants.tenant ORDER BY id");
        scratch.superuser_values(&rows).await
    };
    assert_eq!(admitted().await, [true, false, false, false]);
    scratch.run("owner", &up).await;
    assert_eq!(admitted().await, [true, false, false, false]);
    let restores = ", restores_to, slug, metadata::text, version";
    let expected =
        ["a active suspended {} 1", "d deleted active {} 1", "s suspended suspended {} 1"];
    assert_eq!(statuses(restores).await, expected);

    // What the versions before do not know must not become active by them.
    for change in [
        "UPDATE tenants.tenant SET status = 'provisioning' WHERE id = 'a'",
        "UPDATE tenants.tenant SET status = 'purged' WHERE id = 's'",
        "SELECT tenants.delete_tenant('s')",
    ] {
        let after = scratch.values("owner", &format!("BEGIN; {change}; {down}; COMMIT")).await;
        assert!(after.clone().unwrap_err().starts_with("23514"), "{change}: {after:?}");
        assert_eq!(statuses(restores).await, expected, "{change}");
    }
    scratch.run("owner", "SELECT tenants.delete_tenant('a'), tenants.restore_tenant('a')").await;
    scratch.run("owner", &down).await;
    assert_eq!(statuses("").await, ["a active", "d deleted", "s suspended"]);
    assert_eq!(admitted().await, [true, false, false, false]);
    assert_eq!(scratch.snapshot().await, before);
}
