//! A scope that cannot be entered.

use diesel::prelude::*;
use diesel::result::Error as DieselError;
#[cfg(feature = "translations")]
use tenants_diesel::Admission;
use tenants_diesel::{Isolation, ScopeError, TenantId};
#[cfg(feature = "translations")]
use tenants_tests::SUPERUSER;
use tenants_tests::schema::{posts, text_registry};
use tenants_tests::unique_id;

#[cfg(feature = "translations")]
use super::builder;
use super::world::{World, count, number};
use super::{RunQueryDsl, TenantPool};

/// What cannot be entered shows nothing and does nothing, within a transaction and without.
async fn n15_a_scope_that_fails_is_an_error_and_nothing_runs(world: &World) {
    let login = world.database.runtime_login().await;
    let pool = TenantPool::builder(world.database.url(&login))
        .registry(text_registry())
        .isolation(world.database.isolation())
        .provisioning_url(world.database.url("provisioner"))
        .max_size(1);
    let pool = pool.build().await.unwrap();
    let tenant = pool.create_tenant(unique_id()).await.unwrap();
    // From PostgreSQL 16 on, only who granted a role takes it away.
    let (role, grantor) = match world.database.isolation() {
        Isolation::SharedRole => ("tenants_app".to_owned(), "owner"),
        Isolation::RolePerTenant => (tenant.role().unwrap().to_string(), "provisioner"),
    };
    assert_eq!(count(&pool, &tenant).await, Ok(0));
    world.database.run(grantor, &format!("REVOKE {role} FROM {login}")).await;

    let before = world.database.posts().await;
    let insert = || diesel::insert_into(posts::table).values(posts::title.eq("outside"));
    // The server's own reason, unless it would name the tenant.
    let is_reason = |refused: &DieselError| match world.database.isolation() {
        Isolation::SharedRole => match refused {
            DieselError::DatabaseError(_, said) => said.message().contains("tenants_app"),
            _ => false,
        },
        Isolation::RolePerTenant => ScopeError::of(refused) == Some(ScopeError::NoTenantRole),
    };
    let refused = pool.transaction(&tenant, async |conn| insert().execute(conn).await).await;
    let refused = refused.unwrap_err();
    assert!(is_reason(&refused), "{refused:?}");
    let mut conn = pool.get(&tenant).await.unwrap();
    let refused = insert().execute(&mut conn).await.unwrap_err();
    assert!(is_reason(&refused), "{refused:?}");
    let refused = insert().execute(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::NotEntered));
    drop(conn);
    assert_eq!(world.database.posts().await, before);

    world.database.run(grantor, &format!("GRANT {role} TO {login}")).await;
    assert_eq!(count(&pool, &tenant).await, Ok(0));
}

/// Servers speak other languages, and reasons are known all the same.
async fn n15_a_refusal_is_known_whatever_its_text_says(world: &World) {
    let german = "
        CREATE OR REPLACE FUNCTION tenants.refuse(reason text) RETURNS text LANGUAGE plpgsql STABLE
        AS $$ BEGIN RAISE EXCEPTION 'unzulaessig' USING ERRCODE = 'TN001', CONSTRAINT = reason; END $$";
    world.database.run("owner", german).await;
    let unknown = TenantId::try_from(unique_id()).unwrap();
    let refused = count(&world.pool, &unknown).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
    world.pool.delete_tenant(&world.a).await.unwrap();
    let mut conn = world.pool.get(&world.a).await.unwrap();
    let refused = number(&mut conn, "SELECT count(*) FROM posts").await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::InactiveTenant));
}

/// The server's own texts, too: it speaks German here.
#[cfg(feature = "translations")]
async fn n15_refusals_are_known_on_a_server_that_speaks_german(world: &World) {
    let german = "DO $$ BEGIN EXECUTE format(
        'ALTER DATABASE %I SET lc_messages = \"C.UTF-8\"', current_database()); END $$";
    world.database.run(SUPERUSER, german).await;
    let pool = builder(&world.database).max_size(1).build().await.unwrap();
    let said = pool
        .transaction(&world.a, async |conn| diesel::sql_query("SELECT 1 / 0").execute(conn).await);
    let said = said.await.unwrap_err().to_string();
    assert_eq!(said, "Division durch Null", "this server has no German messages");

    let unknown = TenantId::try_from(unique_id()).unwrap();
    let refused = count(&pool, &unknown).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::UnknownTenant));
    let lost = pool.transaction(&world.a, async |conn| {
        diesel::sql_query("SET LOCAL ROLE NONE").execute(conn).await
    });
    assert_eq!(ScopeError::of(&lost.await.unwrap_err()), Some(ScopeError::ScopeLost));
    if world.database.isolation() == Isolation::RolePerTenant {
        // Nobody but the server refuses it: its role is missing.
        let off = builder(&world.database).admission(Admission::Off).build().await.unwrap();
        let refused = count(&off, &unknown).await.unwrap_err();
        assert_eq!(ScopeError::of(&refused), Some(ScopeError::NoTenantRole));
    }
    world.pool.delete_tenant(&world.b).await.unwrap();
    let refused = count(&pool, &world.b).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::InactiveTenant));
    assert_eq!(count(&pool, &world.a).await, Ok(2));
}

#[cfg(feature = "translations")]
in_both_modes![n15_refusals_are_known_on_a_server_that_speaks_german];
in_both_modes![
    n15_a_scope_that_fails_is_an_error_and_nothing_runs,
    n15_a_refusal_is_known_whatever_its_text_says,
];
