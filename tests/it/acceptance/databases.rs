//! Tables of one name, databases of one cluster, and the roles that databases share.

use diesel::prelude::*;
use tenants_core::Registry;
use tenants_diesel::{
    BuildError, CheckoutError, GlobalAccess, Identifier, Isolation, LifecycleError, LoginProblem,
    Roles, ScopeError, TenantId,
};
use tenants_tests::schema::{Post, global_table, per_tenant, posts, text_registry};
use tenants_tests::{Database, REFUSED, SUPERUSER, current_role, unique_id};

use super::world::{World, count, state};
use super::{RunQueryDsl, TenantPool, builder};
use crate::acceptance::check::Check;

diesel::table! { counters (id) { id -> Integer, hits -> BigInt, } }

mod archive {
    diesel::table! { archive.posts (id) { id -> Integer, tenant -> Text, title -> Text, } }
}

/// A serial key, whose sequence is a grant of its own, in a schema other than the usual one.
const ARCHIVE: &str = "
    CREATE SCHEMA archive;
    CREATE TABLE archive.posts (id serial PRIMARY KEY, tenant text NOT NULL, title text NOT NULL);
    CREATE SCHEMA elsewhere;
    CREATE TABLE elsewhere.posts (id serial PRIMARY KEY, tenant text NOT NULL, title text NOT NULL)";

async fn n09_n12_a_table_in_a_schema_is_isolated_and_draws_its_serial_keys(world: &World) -> Check {
    world.database.run("owner", ARCHIVE).await;
    world.database.protect(&archive_registry()).await;
    for (tenant, rows) in [(&world.a, 1), (&world.b, 2)] {
        let mut conn = world.pool.get(tenant).await?;
        for _ in 0..rows {
            let insert = diesel::insert_into(archive::posts::table);
            let insert = insert.values(archive::posts::title.eq("old"));
            ensure_eq!(insert.execute(&mut conn).await?, 1);
        }
    }
    ensure_eq!(world.database.number("SELECT count(*) FROM archive.posts").await, 3);
    for (tenant, old, new) in [(&world.a, 1, 2), (&world.b, 2, 3)] {
        let mut conn = world.pool.get(tenant).await?;
        let seen = archive::posts::table.count().get_result::<i64>(&mut conn).await;
        ensure_eq!(seen?, old);
        ensure_eq!(posts::table.count().get_result::<i64>(&mut conn).await?, new);
        // The third of that name is nobody's business.
        let namesake = state(&mut conn, "SELECT FROM elsewhere.posts").await;
        ensure_eq!(namesake?, REFUSED);
    }
    Ok(())
}

/// The builder means the registered table, and not others of its name.
async fn n09_only_the_owner_of_the_registered_table_is_refused(world: &World) {
    world.database.run("owner", ARCHIVE).await;
    world.database.protect(&archive_registry()).await;
    let login = world.database.runtime_login().await;
    let own = |table: &str| format!("ALTER TABLE {table} OWNER TO {login}");
    let pool = || {
        TenantPool::builder(world.database.url(&login))
            .registry(archive_registry())
            .isolation(world.database.isolation())
    };
    world.database.run(SUPERUSER, &own("elsewhere.posts")).await;
    assert!(pool().build().await.is_ok());
    world.database.run(SUPERUSER, &own("archive.posts")).await;
    let refused = pool().build().await;
    let Err(BuildError::Login(LoginProblem::Owner { table, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(table, "archive.posts");
}

/// The same id in two databases is two tenants, and even one role for both disturbs neither.
async fn n20_two_databases_of_a_cluster_are_independent(world: &World) -> Check {
    let elsewhere = Database::isolated_by(world.database.isolation()).await;
    let other = builder(&elsewhere).build().await?;
    ensure_eq!(other.list_tenants().await?, []);
    other.create_tenant(&world.a).await?;
    ensure_eq!(count(&other, &world.a).await?, 0);
    ensure_eq!(count(&world.pool, &world.a).await?, 2);
    let unknown = count(&other, &world.b).await.unwrap_err();
    ensure_eq!(ScopeError::of(&unknown), Some(ScopeError::UnknownTenant));

    other.delete_tenant(&world.a).await?;
    let inactive = count(&other, &world.a).await.unwrap_err();
    ensure_eq!(ScopeError::of(&inactive), Some(ScopeError::InactiveTenant));
    ensure_eq!(count(&world.pool, &world.a).await?, 2);
    ensure_eq!(world.pool.tenant_exists(&world.a).await?, true);
    other.restore_tenant(&world.a).await?;
    world.pool.delete_tenant(&world.a).await?;
    ensure_eq!(count(&other, &world.a).await?, 0);
    Ok(())
}

/// A tenant's role is a member of one runtime role, so a database with another one cannot share it,
/// and says so.
async fn n20_databases_with_other_runtime_roles_do_not_share_the_roles_of_tenants(world: &World) {
    let elsewhere = Database::isolated_by(world.database.isolation()).await;
    let app = unique_id();
    let cast = format!(
        "CREATE ROLE {app}; GRANT {app} TO app_login; GRANT {app} TO provisioner WITH ADMIN OPTION;
        GRANT USAGE ON SCHEMA tenants TO {app};
        GRANT EXECUTE ON FUNCTION tenants.current_tenant() TO {app}; GRANT SELECT ON posts TO {app};
        ALTER POLICY tenants_guard ON posts TO {app}; REVOKE ALL ON posts, plans FROM tenants_app"
    );
    elsewhere.run(SUPERUSER, &cast).await;
    let roles = Roles { app: Identifier::new(app).unwrap(), ..Roles::default() };
    let other = TenantPool::builder(elsewhere.url("app_login"))
        .provisioning_url(elsewhere.url("provisioner"))
        .isolation(elsewhere.isolation())
        .roles(roles)
        .registry(text_registry());
    let other = other.build().await.unwrap();
    let created = other.create_tenant(&world.a).await;
    match world.database.isolation() {
        Isolation::SharedRole => assert!(created.is_ok(), "{created:?}"),
        Isolation::RolePerTenant => {
            assert!(matches!(created, Err(LifecycleError::RoleInUse)), "{created:?}");
            assert_eq!(other.list_tenants().await.unwrap(), []);
            let asked = other.create_if_missing().get(&world.a).await;
            let Err(CheckoutError::CreateTenant(cause)) = asked else { panic!("{asked:?}") };
            assert!(matches!(*cause, LifecycleError::RoleInUse), "{cause:?}");
        }
    }
    let own = other.create_tenant(unique_id()).await.unwrap();
    assert_eq!(count(&other, &own).await, Ok(0));
    assert_eq!(count(&world.pool, &world.a).await, Ok(2));
}

/// Changing the mode replaces a function: tenants that are there stay, and stay apart.
async fn the_isolation_mode_can_be_changed_and_changed_back(world: &World) {
    let deleted = world.pool.create_tenant(unique_id()).await.unwrap();
    world.pool.delete_tenant(&deleted).await.unwrap();
    let first = world.database.isolation();
    let second = match first {
        Isolation::SharedRole => Isolation::RolePerTenant,
        Isolation::RolePerTenant => Isolation::SharedRole,
    };
    for isolation in [second, first, second] {
        let database = world.database.switched_to(isolation).await;
        let pool = builder(&database).build().await.unwrap();
        let world = World { database, pool, ..world.clone() };
        for (tenant, other) in [(&world.a, &world.b), (&world.b, &world.a)] {
            let mut conn = world.pool.get(tenant).await.unwrap();
            let role = diesel::select(current_role()).get_result::<String>(&mut conn).await;
            assert_eq!(role, Ok(world.role_of(tenant)));
            let rows = posts::table.order(posts::title).select(Post::as_select());
            assert_eq!(rows.load(&mut conn).await, Ok(world.rows_of(tenant)));
            let foreign = (posts::tenant.eq(other.as_str()), posts::title.eq("foreign"));
            let foreign = diesel::insert_into(posts::table).values(foreign);
            assert!(foreign.execute(&mut conn).await.is_err());
            world.ensure_untouched(other).await.unwrap();
        }
        world.pool.restore_tenant(&deleted).await.unwrap();
        assert_eq!(count(&world.pool, &deleted).await, Ok(0));
        world.pool.delete_tenant(&deleted).await.unwrap();
        let new = world.pool.create_tenant(unique_id()).await.unwrap();
        assert_eq!(count(&world.pool, &new).await, Ok(0));
    }
}

/// As after a dump was restored into another cluster, which has none of the roles.
async fn setting_up_again_makes_the_roles_of_tenants_anew(world: &World) {
    if world.database.isolation() == Isolation::RolePerTenant {
        for tenant in [&world.a, &world.b] {
            let drop = format!("DROP ROLE {}", tenant.role().unwrap());
            world.database.run("provisioner", &drop).await;
            let refused = count(&world.pool, tenant).await.unwrap_err();
            assert_eq!(ScopeError::of(&refused), Some(ScopeError::NoTenantRole));
        }
    }
    world.database.set_up("app_login").await;
    assert_eq!(count(&world.pool, &world.a).await, Ok(2));
    assert_eq!(count(&world.pool, &world.b).await, Ok(3));
}

/// One at a time, and whatever it lacks; no row is touched, so it can be done again.
async fn the_role_of_a_tenant_can_be_made_and_repaired(world: &World) {
    let role = world.a.role().unwrap();
    let damages = [
        format!("DROP ROLE {role}"),
        format!("REVOKE {role} FROM app_login"),
        format!("REVOKE tenants_app FROM {role}"),
    ];
    for damage in damages {
        if world.database.isolation() == Isolation::RolePerTenant {
            world.database.run("provisioner", &damage).await;
            assert!(count(&world.pool, &world.a).await.is_err(), "after {damage}");
        }
        for _ in 0..2 {
            world.pool.provision_role(&world.a).await.unwrap();
            assert_eq!(count(&world.pool, &world.a).await, Ok(2), "after {damage}");
        }
    }
    let drop = format!("DROP ROLE {role}");
    world.database.run("provisioner", &drop).await;
    assert_eq!(count(&world.pool.create_if_missing(), &world.a).await, Ok(2));

    world.pool.delete_tenant(&world.b).await.unwrap();
    let unknown = TenantId::try_from(unique_id()).unwrap();
    for tenant in [&world.b, &unknown] {
        let refused = world.pool.provision_role(tenant).await;
        assert!(matches!(refused, Err(LifecycleError::NotFound)), "{refused:?}");
    }
    let made = format!("SELECT count(*) FROM pg_roles WHERE rolname = 'tenant_{unknown}'");
    assert_eq!(world.database.number(&made).await, 0);
}

/// And the tenant is not created without its role.
async fn a_provisioning_login_without_the_rights_is_refused(world: &World) {
    let weak = world.database.login("NOINHERIT", &[]).await;
    let rights = format!(
        "GRANT USAGE ON SCHEMA tenants TO {weak};
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO {weak}; ALTER ROLE {weak} CREATEROLE"
    );
    world.database.run(SUPERUSER, &rights).await;
    let pool = TenantPool::builder(world.database.url("app_login"))
        .provisioning_url(world.database.url(&weak))
        .isolation(world.database.isolation())
        .registry(text_registry());
    let pool = pool.build().await.unwrap();
    world.database.run(SUPERUSER, &format!("ALTER ROLE {weak} NOCREATEROLE")).await;
    let tenant = unique_id();
    let created = pool.create_tenant(&tenant).await;
    if world.database.isolation() == Isolation::SharedRole {
        assert!(created.is_ok(), "{created:?}");
        return;
    }
    let refused = created.unwrap_err();
    assert!(matches!(refused, LifecycleError::RoleRefused), "{refused:?}");
    assert!(!world.pool.tenant_exists(&tenant).await.unwrap());
}

/// Nothing depends on the roles of tenants, so that an administrator can clear them away.
async fn a25_the_roles_of_tenants_can_be_dropped(world: &World) {
    if world.database.isolation() == Isolation::SharedRole {
        let roles = "SELECT count(*) FROM pg_roles WHERE rolname = 'tenant_";
        assert_eq!(world.database.number(&format!("{roles}{}'", world.a)).await, 0);
        return;
    }
    assert_eq!(count(&world.pool, &world.a).await, Ok(2));
    let insert = world.pool.transaction(&world.a, async |conn| {
        diesel::insert_into(posts::table).values(posts::title.eq("new")).execute(conn).await
    });
    assert_eq!(insert.await, Ok(1));
    world.pool.delete_tenant(&world.a).await.unwrap();
    let role = world.a.role().unwrap();
    let teardown =
        format!("REASSIGN OWNED BY {role} TO owner; DROP OWNED BY {role}; DROP ROLE {role}");
    world.database.run(SUPERUSER, &teardown).await;
    // Even without all that, and by the role's creator.
    world.pool.delete_tenant(&world.b).await.unwrap();
    let role = world.b.role().unwrap();
    world.database.run("provisioner", &format!("DROP ROLE {role}")).await;
}

/// Declared by a table that all tenants share: what one of them writes, the others read.
async fn a_writable_global_table_is_written_by_every_tenant(world: &World) {
    let table = "CREATE TABLE counters (id serial PRIMARY KEY, hits bigint NOT NULL)";
    world.database.run("owner", table).await;
    let counters = global_table::<counters::table>(GlobalAccess::ReadWrite);
    world.database.protect(&Registry::new([counters]).unwrap()).await;
    for tenant in [&world.a, &world.b] {
        let mut conn = world.pool.get(tenant).await.unwrap();
        let insert = diesel::insert_into(counters::table).values(counters::hits.eq(1));
        assert_eq!(insert.execute(&mut conn).await, Ok(1));
    }
    let mut conn = world.pool.get(&world.a).await.unwrap();
    let hit = diesel::update(counters::table).set(counters::hits.eq(counters::hits + 1));
    assert_eq!(hit.execute(&mut conn).await, Ok(2));
    let delete = diesel::delete(counters::table.filter(counters::id.eq(1)));
    assert_eq!(delete.execute(&mut conn).await, Ok(1));
    assert_eq!(state(&mut conn, "TRUNCATE counters").await.as_deref(), Ok(REFUSED));
    drop(conn);
    let left = world.pool.read(&world.b, async |conn| {
        counters::table.select((counters::id, counters::hits)).load::<(i32, i64)>(conn).await
    });
    assert_eq!(left.await, Ok(vec![(2, 2)]));
}

fn archive_registry() -> Registry {
    Registry::new([per_tenant::<archive::posts::table, archive::posts::tenant>()]).unwrap()
}

isolation_cases![
    n09_n12_a_table_in_a_schema_is_isolated_and_draws_its_serial_keys,
    n20_two_databases_of_a_cluster_are_independent,
];
in_both_modes![
    n09_only_the_owner_of_the_registered_table_is_refused,
    n20_databases_with_other_runtime_roles_do_not_share_the_roles_of_tenants,
    the_isolation_mode_can_be_changed_and_changed_back,
    setting_up_again_makes_the_roles_of_tenants_anew,
    the_role_of_a_tenant_can_be_made_and_repaired,
    a_provisioning_login_without_the_rights_is_refused,
    a25_the_roles_of_tenants_can_be_dropped,
    a_writable_global_table_is_written_by_every_tenant,
];
