//! The builder looks at its logins, and refuses those that could get around the policies.

use diesel::prelude::*;
use tenants_diesel::{Admission, BuildError, Isolation, LoginProblem};
use tenants_tests::schema::{Post, posts, text_registry};
use tenants_tests::{Database, SUPERUSER};

use super::world::World;
use super::{RunQueryDsl, TenantPool, TenantPoolBuilder, driver_pool};

async fn n16_a_powerful_login_is_refused(world: &World) {
    let database = &world.database;
    let problem = async |login: &str| problem(with_login(database, login)).await;
    let refused = problem(SUPERUSER).await;
    assert!(matches!(refused, LoginProblem::Unbound { .. }), "{refused:?}");
    let refused = problem(&database.login("BYPASSRLS", &["tenants_app"]).await).await;
    assert!(matches!(refused, LoginProblem::Unbound { .. }), "{refused:?}");
    let refused = problem(&database.login("CREATEROLE", &["tenants_app"]).await).await;
    assert!(matches!(refused, LoginProblem::CreatesRoles { .. }), "{refused:?}");
    let refused = problem(&database.login("", &["tenants_app", "tenants_admin"]).await).await;
    assert!(matches!(refused, LoginProblem::ReachesAdmin { .. }), "{refused:?}");
    for owner in ["owner", &database.login("NOINHERIT", &["tenants_app", "owner"]).await] {
        let refused = problem(owner).await;
        assert!(matches!(refused, LoginProblem::Owner { .. }), "{refused:?}");
    }
    let unregistered = database.runtime_login().await;
    let table = "CREATE TABLE public.theirs (); ALTER TABLE public.theirs OWNER TO";
    database.run(SUPERUSER, &format!("{table} {unregistered}")).await;
    assert!(with_login(database, &unregistered).build().await.is_ok());
}

/// What runs on its connections is code of the application, too.
async fn n16_a_powerful_admin_login_is_refused_unless_allowed(world: &World) {
    let database = &world.database;
    let with_admin = |login: &str| with_login(database, "app_login").admin_url(database.url(login));
    let bypassing = database.login("NOINHERIT BYPASSRLS", &["tenants_admin"]).await;
    for admin in [SUPERUSER, &bypassing] {
        let refused = problem(with_admin(admin)).await;
        let unbound = matches!(&refused, LoginProblem::Unbound { login } if login == admin);
        assert!(unbound, "{refused:?}");
        assert!(refused.to_string().contains("--admin-login"), "{refused}");
    }
    let owning = database.login("NOINHERIT", &["tenants_admin", "owner"]).await;
    let refused = problem(with_admin(&owning)).await;
    assert!(matches!(refused, LoginProblem::Owner { .. }), "{refused:?}");
    let creating = database.login("NOINHERIT CREATEROLE", &["tenants_admin"]).await;
    let refused = problem(with_admin(&creating)).await;
    assert!(matches!(refused, LoginProblem::CreatesRoles { .. }), "{refused:?}");

    let almighty = with_login(database, SUPERUSER).admin_url(database.url(SUPERUSER));
    let pool = almighty.allow_powerful_login().build().await.unwrap();
    let mut admin = pool.admin("export").await.unwrap();
    assert_eq!(posts::table.count().get_result::<i64>(&mut admin).await, Ok(5));
}

async fn n16_a_powerful_login_that_is_allowed_is_bound_by_the_policies(world: &World) {
    let almighty = world.database.runtime_login().await;
    let powers = format!(
        "ALTER ROLE {almighty} BYPASSRLS CREATEROLE; GRANT owner, tenants_admin TO {almighty}"
    );
    world.database.run(SUPERUSER, &powers).await;
    for login in [SUPERUSER, &almighty] {
        let allowed = with_login(&world.database, login).allow_powerful_login();
        let pool = allowed.build().await.unwrap();
        // In the role-per-tenant mode this login may become the tenant's role, too.
        let tenant = pool.create_tenant(tenants_tests::unique_id()).await.unwrap();
        let mut conn = pool.get(&tenant).await.unwrap();
        assert_eq!(posts::table.count().get_result::<i64>(&mut conn).await, Ok(0));
        let foreign = (posts::tenant.eq(world.b.as_str()), posts::title.eq("foreign"));
        let foreign = diesel::insert_into(posts::table).values(foreign);
        assert!(foreign.execute(&mut conn).await.is_err());
        let own = diesel::insert_into(posts::table).values(posts::title.eq("own"));
        let own = own.returning(Post::as_returning()).get_result::<Post>(&mut conn).await;
        assert_eq!(own.unwrap().tenant, tenant.to_string());
        drop(conn);
        let seen = pool.read(&tenant, async |conn| posts::table.count().get_result(conn).await);
        assert_eq!(seen.await, QueryResult::<i64>::Ok(1));
    }
    world.ensure_untouched(&world.b).await.unwrap();
}

/// In an existing pool nobody but the application can set the role that connections start as.
async fn n16_an_existing_pool_of_a_powerful_login_must_start_as_the_runtime_role(world: &World) {
    let raw = driver_pool(world.database.url(SUPERUSER), 1);
    let existing = TenantPool::from_pool(raw).isolation(world.database.isolation());
    let refused = problem(existing.registry(text_registry()).allow_powerful_login()).await;
    assert!(matches!(refused, LoginProblem::BornPowerful { .. }), "{refused:?}");
}

async fn a_login_that_was_not_set_up_is_refused(world: &World) {
    let database = &world.database;
    let stranger = database.login("NOINHERIT", &[]).await;
    let refused = problem(with_login(database, &stranger)).await;
    let role = matches!(&refused, LoginProblem::NotAMember { role, .. } if role == "tenants_app");
    assert!(role, "{refused:?}");
    let refused =
        problem(with_login(database, "app_login").admin_url(database.url(&stranger))).await;
    let role = matches!(&refused, LoginProblem::NotAMember { role, .. } if role == "tenants_admin");
    assert!(role, "{refused:?}");
    let provisioning = with_login(database, "app_login").provisioning_url(database.url(&stranger));
    let refused = problem(provisioning).await;
    assert!(matches!(refused, LoginProblem::CannotProvision { .. }), "{refused:?}");
}

async fn a_login_that_may_not_ask_for_tenants_is_refused_unless_nobody_asks(world: &World) {
    let database = &world.database;
    let login = database.runtime_login().await;
    let revoke = format!("REVOKE EXECUTE ON FUNCTION tenants.admit(text) FROM {login}");
    database.run("owner", &revoke).await;
    let refused = problem(with_login(database, &login)).await;
    assert!(matches!(refused, LoginProblem::MayNotAdmit { .. }), "{refused:?}");
    let off = with_login(database, &login).admission(Admission::Off).build().await.unwrap();
    if database.isolation() == Isolation::SharedRole {
        let seen = off.read(&world.a, async |conn| posts::table.count().get_result(conn).await);
        assert_eq!(seen.await, QueryResult::<i64>::Ok(2));
    }
}

async fn a_pool_and_a_database_that_isolate_differently_are_refused(world: &World) {
    let other = match world.database.isolation() {
        Isolation::SharedRole => Isolation::RolePerTenant,
        Isolation::RolePerTenant => Isolation::SharedRole,
    };
    let refused = problem(with_login(&world.database, "app_login").isolation(other)).await;
    let LoginProblem::OtherIsolation { database, pool } = refused else { panic!("{refused:?}") };
    assert_eq!((database, pool), (world.database.isolation(), other));
}

async fn a_database_that_was_not_set_up_is_refused(world: &World) {
    world.database.run("owner", "DROP SCHEMA tenants CASCADE").await;
    let refused = problem(with_login(&world.database, "app_login")).await;
    assert!(matches!(refused, LoginProblem::NotSetUp { .. }), "{refused:?}");
}

/// Each message names what to do, and the login that it is about.
async fn a_problem_names_its_remedy(world: &World) {
    let refused = problem(with_login(&world.database, SUPERUSER)).await.to_string();
    for said in ["`postgres`", "NOINHERIT", "tenants setup --login", "allow_powerful_login"] {
        assert!(refused.contains(said), "{refused}");
    }
}

/// As an application would build it, for another login.
fn with_login(database: &Database, login: &str) -> TenantPoolBuilder {
    TenantPool::builder(database.url(login))
        .registry(text_registry())
        .isolation(database.isolation())
        .provisioning_url(database.url("provisioner"))
}

/// Why a pool is not built.
async fn problem(builder: TenantPoolBuilder) -> LoginProblem {
    match builder.build().await.unwrap_err() {
        BuildError::Login(problem) => problem,
        other => panic!("{other:?}"),
    }
}

isolation_cases![n16_a_powerful_login_that_is_allowed_is_bound_by_the_policies,];
in_both_modes![
    n16_a_powerful_login_is_refused,
    n16_an_existing_pool_of_a_powerful_login_must_start_as_the_runtime_role,
    n16_a_powerful_admin_login_is_refused_unless_allowed,
    a_login_that_was_not_set_up_is_refused,
    a_login_that_may_not_ask_for_tenants_is_refused_unless_nobody_asks,
    a_pool_and_a_database_that_isolate_differently_are_refused,
    a_database_that_was_not_set_up_is_refused,
    a_problem_names_its_remedy,
];
