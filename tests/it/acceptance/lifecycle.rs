//! Tenants come and go, and their rows stay theirs.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use tenants_diesel::store::{DatabaseStore, TenantStatus, TenantStore};
use tenants_diesel::{Admission, CheckoutError, Isolation, LifecycleError, ScopeError, TenantId};
use tenants_tests::schema::posts;
use tenants_tests::{Database, unique_id};

use super::world::{World, count};
use super::{RunQueryDsl, TenantPool, builder, in_parallel};
use crate::acceptance::check::Check;

/// What a new database knows of tenants, and after some were created.
async fn a01_a02_all_tenants_are_listed_and_no_others(world: &World) {
    let pool = empty(world.database.isolation()).await;
    assert_eq!(pool.list_tenants().await.unwrap(), []);
    let mut created = BTreeSet::new();
    for _ in 0..2 {
        created.insert(pool.create_tenant(format!("test_{}", unique_id())).await.unwrap());
    }
    assert_eq!(pool.list_tenants().await.unwrap(), Vec::from_iter(created));
}

async fn a03_a_created_tenant_exists(world: &World) {
    let id = unique_id();
    assert!(!world.pool.tenant_exists(&id).await.unwrap());
    let tenant = world.pool.create_tenant(&id).await.unwrap();
    assert_eq!(tenant.as_str(), id);
    assert!(world.pool.tenant_exists(&id).await.unwrap());
    assert!(world.pool.list_tenants().await.unwrap().contains(&tenant));
}

async fn a04_creating_a_tenant_again_changes_nothing(world: &World) {
    let before = world.pool.list_tenants().await.unwrap();
    let again = world.pool.create_tenant(&world.a).await;
    assert!(matches!(again, Err(LifecycleError::AlreadyExists)), "{again:?}");
    assert_eq!(world.pool.list_tenants().await.unwrap(), before);
    world.ensure_untouched(&world.a).await.unwrap();
}

async fn a05_a_deleted_tenant_is_gone_from_the_list_and_its_rows_stay(world: &World) -> Check {
    world.pool.delete_tenant(&world.a).await?;
    ensure_eq!(world.pool.tenant_exists(&world.a).await?, false);
    let listed = world.pool.list_tenants().await?;
    ensure_eq!([&world.a, &world.b].map(|tenant| listed.contains(tenant)), [false, true]);
    world.ensure_untouched(&world.a).await?;
    for pool in [world.pool.clone(), world.pool.create_if_missing()] {
        let refused = count(&pool, &world.a).await.unwrap_err();
        ensure_eq!(ScopeError::of(&refused), Some(ScopeError::InactiveTenant));
    }
    ensure_eq!(count(&world.pool, &world.b).await?, 3);
    Ok(())
}

async fn a06_what_is_unknown_cannot_be_deleted_or_restored(world: &World) {
    let deleted = world.pool.delete_tenant(unique_id()).await;
    assert!(matches!(deleted, Err(LifecycleError::NotFound)), "{deleted:?}");
    let restored = world.pool.restore_tenant(unique_id()).await;
    assert!(matches!(restored, Err(LifecycleError::NotFound)), "{restored:?}");
    world.pool.delete_tenant(&world.a).await.unwrap();
    let again = world.pool.delete_tenant(&world.a).await;
    assert!(matches!(again, Err(LifecycleError::NotFound)), "{again:?}");
}

async fn a_deleted_id_is_not_created_again_but_restored_with_its_rows(world: &World) {
    world.pool.delete_tenant(&world.a).await.unwrap();
    let again = world.pool.create_tenant(&world.a).await;
    assert!(matches!(again, Err(LifecycleError::TenantDeleted)), "{again:?}");
    assert!(!world.pool.tenant_exists(&world.a).await.unwrap());
    assert_eq!(world.pool.restore_tenant(&world.a).await.unwrap(), world.a);
    assert_eq!(count(&world.pool, &world.a).await, Ok(2));
    let again = world.pool.restore_tenant(&world.a).await;
    assert!(matches!(again, Err(LifecycleError::AlreadyExists)), "{again:?}");
}

/// Off unless asked for, in every way to enter a scope.
async fn a07_an_unknown_tenant_is_refused(world: &World) {
    let before = world.pool.list_tenants().await.unwrap();
    let unknown = TenantId::try_from(unique_id()).unwrap();
    let refused = count(&world.pool, &unknown).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
    let read = async |pool: &TenantPool| {
        pool.read(&unknown, async |conn| posts::table.count().get_result::<i64>(conn).await).await
    };
    let refused = read(&world.pool).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
    let mut conn = world.pool.get(&unknown).await.unwrap();
    let refused = posts::table.count().get_result::<i64>(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
    let refused = posts::table.count().get_result::<i64>(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::NotEntered));
    assert_eq!(world.pool.list_tenants().await.unwrap(), before);
}

async fn a08_an_unknown_tenant_is_created_by_a_pool_or_call_that_asks_for_it(
    world: &World,
) -> Check {
    let asking = builder(&world.database).admission(Admission::CreateIfMissing);
    let asking = asking.build().await?;
    for pool in [asking, world.pool.create_if_missing()] {
        let [read, got, written] = [(); 3].map(|()| TenantId::try_from(unique_id()).unwrap());
        ensure_eq!(count(&pool, &written).await?, 0);
        let none =
            pool.read(&read, async |conn| posts::table.count().get_result::<i64>(conn).await);
        ensure_eq!(none.await?, 0);
        let mut conn = pool.get(&got).await?;
        ensure_eq!(posts::table.count().get_result::<i64>(&mut conn).await?, 0);
        drop(conn);
        for tenant in [read, got, written] {
            ensure_eq!(world.pool.tenant_exists(&tenant).await?, true);
            ensure_eq!(count(&world.pool, &tenant).await?, 0);
        }
    }
    Ok(())
}

async fn a_tenant_that_was_created_on_the_way_stays_when_the_transaction_fails(world: &World) {
    let tenant = TenantId::try_from(unique_id()).unwrap();
    let failed = world.pool.create_if_missing();
    let failed = failed.transaction(&tenant, async |conn| -> QueryResult<()> {
        diesel::sql_query("SELECT 1 / 0").execute(conn).await.map(drop)
    });
    assert!(matches!(failed.await, Err(DieselError::DatabaseError(..))));
    assert!(world.pool.tenant_exists(&tenant).await.unwrap());
}

/// A store in another process changes the status between two scopes of a pool that stays as it is.
async fn what_a_store_says_of_a_tenant_holds_for_the_next_scope(world: &World) -> Check {
    let manager =
        AsyncDieselConnectionManager::<AsyncPgConnection>::new(world.database.url("owner"));
    let store = DatabaseStore::new(Pool::builder(manager).build()?);
    let scope = async || match count(&world.pool, &world.a).await {
        Ok(rows) => Ok(rows),
        Err(error) => Err(ScopeError::of(&error)),
    };
    ensure_eq!(scope().await, Ok(2));
    for (to, expected) in [
        (TenantStatus::Suspended, Err(Some(ScopeError::SuspendedTenant))),
        (TenantStatus::Active, Ok(2)),
        (TenantStatus::Deleted, Err(Some(ScopeError::InactiveTenant))),
        (TenantStatus::Suspended, Err(Some(ScopeError::SuspendedTenant))),
        (TenantStatus::Active, Ok(2)),
        (TenantStatus::Deleting, Err(Some(ScopeError::InactiveTenant))),
    ] {
        store.transition(&world.a, &TenantStatus::ALL, to).await?;
        ensure_eq!(scope().await, expected);
        let creating = count(&world.pool.create_if_missing(), &world.a).await;
        ensure_eq!(creating.is_ok(), expected.is_ok());
    }
    store.delete(&world.a).await?;
    for pool in [world.pool.clone(), world.pool.create_if_missing()] {
        let refused = count(&pool, &world.a).await.unwrap_err();
        ensure_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
    }
    ensure_eq!(count(&world.pool, &world.b).await?, 3);
    Ok(())
}

/// Nor is one whose making has failed.
async fn a_tenant_that_is_being_made_is_not_served(world: &World) -> Check {
    for status in ["provisioning", "failed"] {
        let set = format!("UPDATE tenants.tenant SET status = '{status}' WHERE id = ");
        world.database.run("owner", &format!("{set} {}", world.a.literal())).await;
        let refused = count(&world.pool, &world.a).await.unwrap_err();
        ensure_eq!(ScopeError::of(&refused), Some(ScopeError::InactiveTenant));
    }
    ensure_eq!(count(&world.pool, &world.b).await?, 3);
    Ok(())
}

/// For applications that keep their tenants elsewhere; the policies hold all the same.
async fn without_admission_nobody_asks_whether_the_tenant_is_active(world: &World) -> Check {
    let pool = builder(&world.database).admission(Admission::Off).build().await?;
    pool.delete_tenant(&world.a).await?;
    ensure_eq!(count(&pool, &world.a).await?, 2);
    let unknown = TenantId::try_from(unique_id()).unwrap();
    match world.database.isolation() {
        Isolation::SharedRole => ensure_eq!(count(&pool, &unknown).await?, 0),
        // It has no role.
        Isolation::RolePerTenant => {
            let refused = count(&pool, &unknown).await.unwrap_err();
            ensure_eq!(ScopeError::of(&refused), Some(ScopeError::NoTenantRole));
        }
    }
    Ok(())
}

async fn n14_of_many_creates_of_one_tenant_one_succeeds(world: &World) -> Check {
    let id = unique_id();
    let pool = world.pool.clone();
    let created = in_parallel(20, move |_| {
        let (pool, id) = (pool.clone(), id.clone());
        async move { pool.create_tenant(id).await }
    });
    let (created, refused): (Vec<_>, Vec<_>) = created.await.into_iter().partition(Result::is_ok);
    ensure_eq!(created.len(), 1);
    for refused in refused {
        ensure_matches!(refused, Err(LifecycleError::AlreadyExists));
    }
    ensure_eq!(count(&world.pool, &created.into_iter().next().unwrap().unwrap()).await?, 0);
    Ok(())
}

async fn n14_many_creates_of_different_tenants_succeed(world: &World) -> Check {
    let pool = world.pool.clone();
    let created = in_parallel(20, move |_| {
        let pool = pool.clone();
        async move { pool.create_tenant(unique_id()).await }
    });
    let created: BTreeSet<_> = created.await.into_iter().collect::<Result<_, _>>()?;
    ensure_eq!(created.len(), 20);
    let listed = BTreeSet::from_iter(world.pool.list_tenants().await?);
    ensure_eq!(listed.is_superset(&created), true);
    for tenant in &created {
        ensure_eq!(count(&world.pool, tenant).await?, 0);
    }
    Ok(())
}

async fn n14_many_scopes_may_create_the_same_missing_tenant(world: &World) {
    let tenant = TenantId::try_from(unique_id()).unwrap();
    let (pool, missing) = (world.pool.create_if_missing(), tenant.clone());
    let counts = in_parallel(20, move |_| {
        let (pool, missing) = (pool.clone(), missing.clone());
        async move { count(&pool, &missing).await }
    });
    for count in counts.await {
        assert_eq!(count, Ok(0));
    }
    let listed = world.pool.list_tenants().await.unwrap();
    assert_eq!(listed.iter().filter(|listed| **listed == tenant).count(), 1);
}

async fn a_role_that_is_no_tenants_role_is_not_taken(world: &World) {
    if world.database.isolation() == Isolation::SharedRole {
        return;
    }
    for attributes in ["LOGIN", "SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "IN ROLE owner"]
    {
        let id = unique_id();
        let role = format!("CREATE ROLE tenant_{id} {attributes}");
        world.database.run(tenants_tests::SUPERUSER, &role).await;
        let refused = world.pool.create_tenant(&id).await;
        assert!(matches!(refused, Err(LifecycleError::UnfitRole)), "{attributes}: {refused:?}");
        // Which is the reason that all of them share.
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("did not make") && said.contains("RENAME TO"), "{said}");
        assert!(!world.pool.tenant_exists(&id).await.unwrap());
        let id = TenantId::try_from(id).unwrap();
        let refused = world.pool.create_if_missing().get(&id).await.unwrap_err();
        let CheckoutError::CreateTenant(cause) = refused else { panic!("{refused:?}") };
        assert!(matches!(*cause, LifecycleError::UnfitRole), "{cause:?}");
    }
}

/// A pool on a database without tenants.
async fn empty(isolation: Isolation) -> TenantPool {
    builder(&Database::isolated_by(isolation).await).build().await.unwrap()
}

isolation_cases![
    a05_a_deleted_tenant_is_gone_from_the_list_and_its_rows_stay,
    a08_an_unknown_tenant_is_created_by_a_pool_or_call_that_asks_for_it,
    without_admission_nobody_asks_whether_the_tenant_is_active,
    n14_of_many_creates_of_one_tenant_one_succeeds,
    n14_many_creates_of_different_tenants_succeed,
];
in_both_modes![
    a01_a02_all_tenants_are_listed_and_no_others,
    a03_a_created_tenant_exists,
    a04_creating_a_tenant_again_changes_nothing,
    a06_what_is_unknown_cannot_be_deleted_or_restored,
    a_deleted_id_is_not_created_again_but_restored_with_its_rows,
    a07_an_unknown_tenant_is_refused,
    a_tenant_that_was_created_on_the_way_stays_when_the_transaction_fails,
    what_a_store_says_of_a_tenant_holds_for_the_next_scope,
    a_tenant_that_is_being_made_is_not_served,
    n14_many_scopes_may_create_the_same_missing_tenant,
    a_role_that_is_no_tenants_role_is_not_taken,
];
