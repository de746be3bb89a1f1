//! A scope lasts, whatever ends inside it, and a lost one shows nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tenants_diesel::{ScopeError, TenantId};
use tenants_tests::schema::{NewPost, Post, posts};
use tenants_tests::{current_role, unique_id};

use super::world::World;
use super::{Connection, RunQueryDsl, TenantConnection};
use crate::acceptance::check::Check;

async fn a09_a_scope_is_the_tenants_own(world: &World) -> Check {
    for tenant in [&world.a, &world.b] {
        let mut conn = world.pool.get(tenant).await?;
        ensure_eq!(conn.tenant(), tenant);
        ensure_own(&mut conn, world).await?;
        let role = diesel::select(current_role()).get_result::<String>(&mut conn).await?;
        ensure_eq!(role, world.role_of(tenant));
    }
    Ok(())
}

async fn n01_after_a_rollback_a_checkout_is_still_scoped(world: &World) -> Check {
    let mut conn = world.pool.get(&world.a).await?;
    for _ in 0..3 {
        let rolled_back = conn
            .transaction::<(), DieselError, _>(async |conn| {
                diesel::delete(posts::table).execute(conn).await?;
                Err(DieselError::RollbackTransaction)
            })
            .await;
        ensure_matches!(rolled_back, Err(DieselError::RollbackTransaction));
        ensure_own(&mut conn, world).await?;
    }
    Ok(world.ensure_untouched(&world.b).await?)
}

async fn n02_after_a_commit_a_checkout_is_still_scoped(world: &World) -> Check {
    let mut conn = world.pool.get(&world.a).await?;
    ensure_own(&mut conn, world).await?;
    for _ in 0..3 {
        conn.transaction::<_, DieselError, _>(async |conn| {
            diesel::update(posts::table).set(posts::id.eq(posts::id + 1000)).execute(conn).await?;
            diesel::update(posts::table).set(posts::id.eq(posts::id - 1000)).execute(conn).await
        })
        .await?;
        ensure_own(&mut conn, world).await?;
    }
    Ok(())
}

/// A raw end of the transaction would take the scope with it, so it is refused and the scope stays.
async fn n01_n02_a_raw_end_of_the_transaction_is_refused(world: &World) -> Check {
    for end in ["ROLLBACK", "COMMIT", "ROLLBACK AND CHAIN", "COMMIT AND CHAIN"] {
        let kept = world
            .pool
            .transaction(&world.a, async |conn| -> Check {
                ensure_own(conn, world).await?;
                let refused = diesel::sql_query(end).execute(conn).await;
                let refused = refused.as_ref().err().and_then(ScopeError::of);
                ensure_eq!(refused, Some(ScopeError::TransactionControl), "{end}");
                ensure_own(conn, world).await
            })
            .await;
        kept?;
        ensure_own(&mut world.pool.get(&world.b).await?, world).await?;
    }
    Ok(())
}

async fn ax_a_savepoint_rollback_keeps_the_scope(world: &World) -> Check {
    let kept = world.pool.transaction(&world.a, async |conn| -> Check { inner(conn, world).await });
    kept.await?;
    let mut conn = world.pool.get(&world.b).await?;
    conn.transaction(async |conn| -> Check { inner(conn, world).await }).await?;
    return ensure_own(&mut conn, world).await;

    async fn inner(conn: &mut TenantConnection, world: &World) -> Check {
        let rolled_back = conn
            .transaction::<(), DieselError, _>(async |conn| {
                diesel::delete(posts::table).execute(conn).await?;
                Err(DieselError::RollbackTransaction)
            })
            .await;
        ensure_matches!(rolled_back, Err(DieselError::RollbackTransaction));
        ensure_own(conn, world).await?;
        conn.transaction(async |conn| -> Check { ensure_own(conn, world).await }).await?;
        ensure_own(conn, world).await
    }
}

async fn n05_retries_after_a_refused_insert_never_read_more(world: &World) -> Check {
    let foreign = (posts::tenant.eq(world.b.as_str()), posts::title.eq("foreign"));
    let mut conn = world.pool.get(&world.a).await?;
    for _ in 0..10 {
        let refused = diesel::insert_into(posts::table).values(foreign).execute(&mut conn).await;
        ensure_matches!(refused, Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)));
        ensure_own(&mut conn, world).await?;
    }
    for _ in 0..10 {
        let refused = world.pool.transaction(&world.a, async |conn| {
            let refused = diesel::insert_into(posts::table).values(foreign).execute(conn).await;
            // The transaction has failed, so that nothing can be read in it.
            match posts::table.count().get_result::<i64>(conn).await {
                Err(_) => refused,
                Ok(_) => Ok(0),
            }
        });
        ensure_matches!(
            refused.await,
            Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _))
        );
        let again = async |conn: &mut TenantConnection| -> Check { ensure_own(conn, world).await };
        world.pool.transaction(&world.a, again).await?;
    }
    Ok(())
}

/// What the closure fails with is neither read as "no such tenant" nor tried again.
async fn n17_an_error_of_the_closure_is_returned_and_nothing_runs_twice(world: &World) {
    let unknown = TenantId::try_from(unique_id()).unwrap();
    let before = world.pool.list_tenants().await.unwrap();
    for statement in [
        "SELECT 1 / 0".to_owned(),
        // What others take for a missing tenant.
        format!("SET ROLE \"tenant_{unknown}\""),
        format!("DO $$ BEGIN RAISE 'role \"tenant_{unknown}\" does not exist'; END $$"),
        "DO $$ BEGIN RAISE 'no' USING ERRCODE = 'TN001', CONSTRAINT = 'tenants_unknown_tenant'; END $$"
            .to_owned(),
    ] {
        for pool in [world.pool.clone(), world.pool.create_if_missing()] {
            let runs = AtomicUsize::new(0);
            let failed = pool.transaction(&world.a, async |conn| {
                runs.fetch_add(1, Ordering::Relaxed);
                diesel::insert_into(posts::table)
                    .values(&NewPost { title: "never committed" })
                    .execute(conn)
                    .await?;
                diesel::sql_query(&statement).execute(conn).await
            });
            let failed = failed.await;
            assert!(matches!(failed, Err(DieselError::DatabaseError(..))), "{failed:?}");
            assert_eq!(runs.into_inner(), 1, "{statement}");
        }
    }
    let runs = AtomicUsize::new(0);
    let refused = world.pool.transaction(&unknown, async |conn| {
        runs.fetch_add(1, Ordering::Relaxed);
        posts::table.count().get_result::<i64>(conn).await
    });
    assert_eq!(ScopeError::of(&refused.await.unwrap_err()), Some(ScopeError::UnknownTenant));
    assert_eq!(runs.into_inner(), 1);
    assert_eq!(world.pool.list_tenants().await.unwrap(), before);
    world.ensure_untouched(&world.a).await.unwrap();
}

/// Each of the connection's tenant's rows, and nobody else's.
async fn ensure_own(conn: &mut TenantConnection, world: &World) -> Check {
    let all = posts::table.order(posts::id).select(Post::as_select());
    ensure_eq!(all.load::<Post>(conn).await?, world.rows_of(conn.tenant()));
    Ok(())
}

isolation_cases![
    a09_a_scope_is_the_tenants_own,
    n01_after_a_rollback_a_checkout_is_still_scoped,
    n02_after_a_commit_a_checkout_is_still_scoped,
    n01_n02_a_raw_end_of_the_transaction_is_refused,
    ax_a_savepoint_rollback_keeps_the_scope,
    n05_retries_after_a_refused_insert_never_read_more,
];
in_both_modes![n17_an_error_of_the_closure_is_returned_and_nothing_runs_twice];
