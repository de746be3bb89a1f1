//! Connections go from tenant to tenant, and take nothing along.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::Text;
use tenants_tests::schema::{Post, posts, text_registry};
use tenants_tests::{Database, REFUSED, SUPERUSER, current_role, sqlstate};

use super::world::{World, number};
use super::{
    Connection, DriverPool, RunQueryDsl, TenantPool, TenantPoolBuilder, builder, driver_pool,
    in_parallel,
};
use crate::acceptance::check::Check;

/// As the bare login, which has no rights: whoever gets hold of it sees an error.
async fn n03_a_connection_goes_back_without_its_scope(world: &World) {
    let raw = driver_pool(world.database.url("app_login"), 1);
    let pool = over(&world.database, raw.clone()).build().await.unwrap();
    for visit in Visit::ALL {
        visit.pay(&pool, world).await.unwrap();
        let mut parked = raw.get().await.unwrap();
        let role = diesel::select(current_role()).get_result::<String>(&mut parked).await;
        assert_eq!(role.as_deref(), Ok("app_login"), "after {visit:?}");
        let tenant = sql::<Text>("coalesce(current_setting('tenants.tenant', true), '')");
        let tenant = diesel::select(tenant).get_result::<String>(&mut parked).await;
        assert_eq!(tenant.as_deref(), Ok(""), "after {visit:?}");
        let read = diesel::select(sqlstate("SELECT FROM posts"));
        let read = read.get_result::<String>(&mut parked).await;
        assert_eq!(read.as_deref(), Ok(REFUSED), "after {visit:?}");
    }
}

/// A powerful login is one that starts as the runtime role, and goes back to it.
async fn n03_a_powerful_connection_goes_back_to_no_rows(world: &World) -> Check {
    let url = format!("{}?options=-c%20role%3Dtenants_app", world.database.url(SUPERUSER));
    let raw = driver_pool(url, 1);
    let pool = over(&world.database, raw.clone()).allow_powerful_login();
    let pool = pool.build().await?;
    for visit in Visit::ALL {
        visit.pay(&pool, world).await?;
        let mut parked = raw.get().await?;
        let role = diesel::select(current_role()).get_result::<String>(&mut parked).await;
        ensure_eq!(role?, "tenants_app", "after {visit:?}");
        let all = posts::table.count().get_result::<i64>(&mut parked).await;
        ensure_eq!(all?, 0, "after {visit:?}");
    }
    Ok(())
}

/// What PostgreSQL keeps for a session, beyond roles and settings.
async fn n03_what_a_session_keeps_does_not_reach_the_next_tenant(world: &World) -> Check {
    world.database.grant_temporary().await;
    let pool = builder(&world.database).max_size(1).build().await?;
    let mut conn = pool.get(&world.a).await?;
    let first = number(&mut conn, "SELECT pg_backend_pid()::bigint").await?;
    for statement in [
        "DECLARE kept CURSOR WITH HOLD FOR SELECT * FROM posts",
        // `CREATE TEMPORARY TABLE` would do the same, and close the connection.
        "SELECT * INTO TEMPORARY posts FROM public.posts",
        "SELECT pg_advisory_lock(1)",
        "LISTEN a",
    ] {
        diesel::sql_query(statement).execute(&mut conn).await?;
    }
    drop(conn);
    let mut conn = pool.get(&world.b).await?;
    let second = number(&mut conn, "SELECT pg_backend_pid()::bigint").await?;
    ensure_eq!(first, second, "another connection shows nothing");
    let read = posts::table.order(posts::id).select(Post::as_select());
    ensure_eq!(read.load(&mut conn).await?, world.rows_of(&world.b));
    for nothing in [
        "SELECT count(*) FROM pg_cursors WHERE name = 'kept'",
        "SELECT count(*) FROM pg_class WHERE pg_my_temp_schema() = relnamespace",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        "SELECT count(*) FROM pg_listening_channels()",
    ] {
        ensure_eq!(number(&mut conn, nothing).await?, 0, "{nothing}");
    }
    Ok(())
}

/// None of these is one tenant's business alone.
async fn n03_what_a_tenant_sets_does_not_reach_the_next(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    for setting in [
        "SET row_security = off",
        "SELECT set_config('row_security', 'off', false)",
        "SET search_path = pg_catalog",
        "SET default_transaction_read_only = on",
        "SET statement_timeout = 1",
        "SET tenants.tenant = 'b'",
        "SET ROLE NONE",
    ] {
        let mut conn = pool.get(&world.a).await?;
        diesel::sql_query(setting).execute(&mut conn).await?;
        drop(conn);
        let mut conn = pool.get(&world.b).await?;
        let seen = posts::table.count().get_result::<i64>(&mut conn).await;
        ensure_eq!(seen?, 3, "after {setting}");
        let write = diesel::update(posts::table).set(posts::title.eq(posts::title));
        ensure_eq!(write.execute(&mut conn).await?, 3, "after {setting}");
    }
    Ok(())
}

async fn n04_many_tasks_on_few_connections_see_their_own_rows(world: &World) -> Check {
    let pool = builder(&world.database).max_size(5).build().await?;
    let shared = pool.clone();
    let tenants = [&world.a, &world.b].map(|tenant| (tenant.clone(), world.rows_of(tenant)));
    let wrong = in_parallel(200, move |number| {
        let (pool, (tenant, rows)) = (shared.clone(), tenants[number % 2].clone());
        async move {
            let own = || posts::table.order(posts::id).select(Post::as_select());
            let mut conn = pool.get(&tenant).await.unwrap();
            let inside = conn.transaction(async |conn| own().load::<Post>(conn).await).await;
            let behind = own().load::<Post>(&mut conn).await;
            drop(conn);
            let again = pool.transaction(&tenant, async |conn| own().load::<Post>(conn).await);
            let again = again.await;
            let read = pool.read(&tenant, async |conn| own().load::<Post>(conn).await).await;
            let wrong = |seen: &&QueryResult<Vec<Post>>| seen.as_ref() != Ok(&rows);
            [inside, behind, again, read].iter().filter(wrong).count()
        }
    });
    ensure_eq!(wrong.await.into_iter().sum::<usize>(), 0);
    let status = pool.status();
    ensure_eq!((status.max_size, status.size), (5, 5));
    Ok(())
}

async fn status_counts_the_connections(world: &World) {
    let pool = builder(&world.database).max_size(3).build().await.unwrap();
    let before = pool.status();
    assert_eq!((before.max_size, before.waiting), (3, 0));
    let first = pool.get(&world.a).await.unwrap();
    let second = pool.get(&world.b).await.unwrap();
    let during = pool.status();
    assert_eq!(during.size - during.available, 2);
    drop((first, second));
    let after = pool.status();
    assert_eq!(after.size, after.available);
}

/// All ways to use a connection.
#[derive(Debug, Clone, Copy)]
enum Visit {
    Get,
    Commit,
    Rollback,
    Read,
    RefusedWrite,
    Lifecycle,
}

impl Visit {
    const ALL: [Self; 6] =
        [Self::Get, Self::Commit, Self::Rollback, Self::Read, Self::RefusedWrite, Self::Lifecycle];

    async fn pay(self, pool: &TenantPool, world: &World) -> Check {
        let count = posts::table.count();
        let foreign = (posts::tenant.eq(world.b.as_str()), posts::title.eq("foreign"));
        let foreign = diesel::insert_into(posts::table).values(foreign);
        match self {
            Self::Get => {
                let mut conn = pool.get(&world.a).await?;
                ensure_eq!(count.get_result::<i64>(&mut conn).await?, 2);
            }
            Self::Commit => {
                let seen = pool.transaction(&world.a, async |conn| count.get_result(conn).await);
                ensure_eq!(seen.await, QueryResult::<i64>::Ok(2));
            }
            Self::Rollback => {
                let mut seen = None;
                let undone = pool.transaction(&world.a, async |conn| {
                    seen = Some(count.get_result::<i64>(conn).await?);
                    QueryResult::<()>::Err(DieselError::RollbackTransaction)
                });
                ensure_eq!(undone.await, Err(DieselError::RollbackTransaction));
                ensure_eq!(seen, Some(2));
            }
            Self::Read => {
                let seen = pool.read(&world.a, async |conn| count.get_result(conn).await);
                ensure_eq!(seen.await, QueryResult::<i64>::Ok(2));
            }
            Self::RefusedWrite => {
                let mut conn = pool.get(&world.a).await?;
                let refused = foreign.execute(&mut conn).await;
                ensure_matches!(
                    refused,
                    Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _))
                );
            }
            Self::Lifecycle => ensure_eq!(pool.tenant_exists(&world.a).await?, true),
        }
        Ok(())
    }
}

/// A tenant pool over one of the driver's.
fn over(database: &Database, raw: DriverPool) -> TenantPoolBuilder {
    TenantPool::from_pool(raw)
        .registry(text_registry())
        .isolation(database.isolation())
        .admin_url(database.url("admin_login"))
        .provisioning_url(database.url("provisioner"))
}

isolation_cases![
    n03_a_powerful_connection_goes_back_to_no_rows,
    n03_what_a_session_keeps_does_not_reach_the_next_tenant,
    n03_what_a_tenant_sets_does_not_reach_the_next,
    n04_many_tasks_on_few_connections_see_their_own_rows,
];
in_both_modes![n03_a_connection_goes_back_without_its_scope, status_counts_the_connections,];
