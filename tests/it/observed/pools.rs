//! Pools over observed tables: refused, unless somebody said that they may be.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tenants_core::login::DatabaseProblem;
use tenants_diesel::{BuildError, ScopeError, TenantConnection, TenantId, sync};
use tenants_tests::SUPERUSER;
use tenants_tests::schema::{posts, text_registry};

use super::Observed;
use crate::log::Log;
use crate::two::tenant;

async fn titles(conn: &mut TenantConnection) -> QueryResult<Vec<String>> {
    posts::table.select(posts::title).order(posts::title).load(conn).await
}

fn sync_builder(observed: &Observed) -> sync::TenantPoolBuilder {
    sync::TenantPool::builder(observed.db.url("app_login")).registry(text_registry())
}

#[tokio::test(flavor = "multi_thread")]
async fn observed_tables_are_refused_until_they_are_allowed_or_enforced() {
    let observed = Observed::new().await;
    let is_observed = |built: &BuildError| {
        let BuildError::Database(problem @ DatabaseProblem::Observed { tables }) = built else {
            panic!("{built:?}")
        };
        assert_eq!(tables, &["public.posts"]);
        assert!(problem.to_string().contains("allow_unenforced_tables"), "{problem}");
    };
    is_observed(&observed.db.builder().build().await.unwrap_err());
    let sync_refused = tokio::task::block_in_place(|| sync_builder(&observed).build());
    is_observed(&sync_refused.unwrap_err());

    let pool = observed.pool().await;
    let comparison = pool.check().await.unwrap().to_string();
    assert!(
        comparison.contains("\"public\".\"posts\": it is observed, not enforced"),
        "{comparison}"
    );
    let report = pool.doctor().await.unwrap();
    let found = report.findings.iter().filter(|it| it.lint.id == "T212");
    let found: Vec<_> = found.map(|it| it.object.as_str()).collect();
    assert_eq!(found, ["public.posts.tenants_observe"]);

    observed.enforce().await;
    observed.db.pool().await;
    tokio::task::block_in_place(|| sync_builder(&observed).build()).unwrap();
}

/// Allowed is what is observed, and not what is open.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_table_is_refused_all_the_same() {
    for fault in [
        "DROP POLICY tenants_observe ON posts",
        "ALTER TABLE posts DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY",
    ] {
        let observed = Observed::new().await;
        observed.db.run("owner", fault).await;
        let refused = observed.builder().build().await.unwrap_err();
        let is_open = matches!(refused, BuildError::Database(DatabaseProblem::Unprotected { .. }));
        assert!(is_open, "{fault}: {refused}");
        let refused = tokio::task::block_in_place(|| {
            sync_builder(&observed).allow_unenforced_tables().build().unwrap_err()
        });
        let is_open = matches!(refused, BuildError::Database(DatabaseProblem::Unprotected { .. }));
        assert!(is_open, "{fault}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_filter_is_recorded_in_every_kind_of_scope_and_then_held() {
    let observed = Observed::new().await;
    let acme = tenant("acme");
    let pool = observed.pool().await;
    let all = ["first", "second", "theirs"];
    assert_eq!(pool.read(&acme, titles).await.unwrap(), all);
    let read = observed.recorded().await;
    assert_eq!(read.len(), 1, "{read:?}");
    assert!(read[0].contains(r#"SELECT "posts"."title" FROM "posts""#), "{read:?}");
    assert_eq!(pool.transaction(&acme, titles).await.unwrap(), all);
    assert_eq!(titles(&mut pool.get(&acme).await.unwrap()).await.unwrap(), all);
    // Of one kind, once.
    assert_eq!(observed.recorded().await, read);

    let own = posts::table.filter(posts::tenant.eq("acme"));
    let own = async |conn: &mut TenantConnection| own.count().get_result::<i64>(conn).await;
    assert_eq!(pool.read(&acme, own).await.unwrap(), 2);
    assert_eq!(observed.recorded().await, read);

    observed.enforce().await;
    // Its plans and connections are as old as the observation.
    assert_eq!(pool.read(&acme, titles).await.unwrap(), all[..2]);
    assert_eq!(pool.transaction(&acme, titles).await.unwrap(), all[..2]);
    assert_eq!(titles(&mut pool.get(&acme).await.unwrap()).await.unwrap(), all[..2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_read_records_as_well() {
    let observed = Observed::new().await;
    tokio::task::block_in_place(|| {
        let pool = sync_builder(&observed).allow_unenforced_tables().max_size(1).build().unwrap();
        let acme: TenantId = tenant("acme");
        let titles = pool.read(&acme, |conn| {
            diesel::RunQueryDsl::load::<String>(posts::table.select(posts::title), conn)
        });
        assert_eq!(titles.unwrap().len(), 3);
    });
    assert_eq!(observed.recorded().await.len(), 1);
}

/// The connection of a `read` that failed serves the next one.
#[tokio::test]
async fn a_read_that_fails_leaves_a_clean_connection() {
    let observed = Observed::new().await;
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    let pool = observed.builder().max_size(1).build().await.unwrap();
    for _ in 0..3 {
        let failed = pool.read(&acme, async |conn| {
            titles(conn).await?;
            diesel::sql_query("SELECT 1 / 0").execute(conn).await
        });
        assert!(matches!(failed.await, Err(diesel::result::Error::DatabaseError(..))));
        let role = pool.read(&globex, async |conn| {
            diesel::sql_query("SELECT set_config('role', 'tenants_app', false)")
                .execute(conn)
                .await?;
            let tenant = diesel::dsl::sql::<diesel::sql_types::Text>("tenants.current_tenant()");
            diesel::select(tenant).get_result::<String>(conn).await
        });
        assert_eq!(role.await.unwrap(), "globex");
    }
}

/// Such a `read` may write, and so ends as a transaction does, also on tables that are enforced.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_leaves_its_scope_is_undone() {
    let observed = Observed::new().await;
    let acme = tenant("acme");
    let pool = observed.builder().max_size(1).build().await.unwrap();
    let sync_pool = tokio::task::block_in_place(|| {
        sync_builder(&observed).allow_unenforced_tables().max_size(1).build().unwrap()
    });
    let write = "UPDATE posts SET title = 'lost' WHERE tenant = 'globex'";
    for is_enforced in [false, true] {
        if is_enforced {
            observed.enforce().await;
        }
        for change in [
            "SET LOCAL tenants.tenant = 'globex'",
            "SET tenants.tenant = 'globex'",
            "SELECT set_config('tenants.tenant', 'globex', false)",
        ] {
            let lost = pool.read(&acme, async |conn| {
                diesel::sql_query(change).execute(conn).await?;
                diesel::sql_query(write).execute(conn).await
            });
            let sync_lost = || {
                sync_pool.read(&acme, |conn| {
                    diesel::RunQueryDsl::execute(diesel::sql_query(change), conn)?;
                    diesel::RunQueryDsl::execute(diesel::sql_query(write), conn)
                })
            };
            for lost in [lost.await, tokio::task::block_in_place(sync_lost)] {
                let lost = lost.unwrap_err();
                assert_eq!(ScopeError::of(&lost), Some(ScopeError::ScopeLost), "{change}: {lost}");
            }
            assert_eq!(rows(&observed).await, ROWS, "{change}, enforced: {is_enforced}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_leaves_no_row() {
    let observed = Observed::new().await;
    let acme = tenant("acme");
    let pool = observed.builder().max_size(1).build().await.unwrap();
    let row = || posts::title.eq("undone");
    let failed = pool.read(&acme, async |conn| {
        diesel::insert_into(posts::table).values(row()).execute(conn).await?;
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    let sync_failed = || {
        let pool = sync_builder(&observed).allow_unenforced_tables().build().unwrap();
        pool.read(&acme, |conn| {
            let insert = diesel::insert_into(posts::table).values(row());
            diesel::RunQueryDsl::execute(insert, conn)?;
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        })
    };
    for failed in [failed.await, tokio::task::block_in_place(sync_failed)] {
        assert_eq!(failed, Err(diesel::result::Error::RollbackTransaction));
    }
    // On the connection that failed, behind whatever ended there.
    assert_eq!(pool.read(&acme, titles).await.unwrap(), ["first", "second", "theirs"]);
    assert_eq!(rows(&observed).await, ROWS);
}

const ROWS: [&str; 3] = ["acme: first", "acme: second", "globex: theirs"];

async fn rows(observed: &Observed) -> Vec<String> {
    let all = "SELECT tenant || ': ' || title FROM posts ORDER BY tenant, title";
    observed.raw(SUPERUSER).await.rows(all).await.unwrap()
}

#[tokio::test]
async fn whoever_allows_it_hears_of_it() {
    let observed = Observed::new().await;
    let log = Log::default();
    let heard = {
        let _guard = tracing::subscriber::set_default(log.clone());
        observed.pool().await;
        observed.enforce().await;
        observed.pool().await;
        log.of_target("tenants::pool")
    };
    assert!(
        matches!(&heard[..], [observes, ended]
            if observes.starts_with("WARN") && observes.contains("not enforced")
                && observes.contains("public.posts") && ended.contains("no table is observed any more")),
        "{heard:?}"
    );
}
