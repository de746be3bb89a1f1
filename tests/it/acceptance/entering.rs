//! A scope that cannot be entered.

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_diesel::{Isolation, ScopeError, TenantId};
use tenants_tests::schema::{posts, text_registry};
use tenants_tests::{SUPERUSER, unique_id};

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
    // From PostgreSQL 16 on, a membership is revoked by who granted it.
    let (role, grantor) = match world.database.isolation() {
        Isolation::SharedRole => ("tenants_app".to_owned(), "owner"),
        Isolation::RolePerTenant => (tenant.role().unwrap().to_string(), "provisioner"),
    };
    assert_eq!(count(&pool, &tenant).await, Ok(0));
    world.database.run(grantor, &format!("REVOKE {role} FROM {login}")).await;

    let before = world.database.posts().await;
    let insert = || diesel::insert_into(posts::table).values(posts::title.eq("outside"));
    let refused = pool.transaction(&tenant, async |conn| insert().execute(conn).await).await;
    assert!(matches!(refused, Err(DieselError::DatabaseError(..))), "{refused:?}");
    let mut conn = pool.get(&tenant).await.unwrap();
    let refused = insert().execute(&mut conn).await;
    assert!(matches!(refused, Err(DieselError::DatabaseError(..))), "{refused:?}");
    let refused = insert().execute(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::NotEntered));
    drop(conn);
    assert_eq!(world.database.posts().await, before);

    world.database.run(SUPERUSER, &format!("GRANT {role} TO {login}")).await;
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

in_both_modes![
    n15_a_scope_that_fails_is_an_error_and_nothing_runs,
    n15_a_refusal_is_known_whatever_its_text_says,
];
