//! The builder looks at its logins, and refuses those that could get around the policies.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tenants_diesel::{Admission, BuildError, Identifier, Isolation, LoginProblem, Roles};
use tenants_tests::schema::{Post, posts, text_registry};
use tenants_tests::{Database, SUPERUSER, current_role, unique_id};

use super::world::World;
use super::{RunQueryDsl, TenantPool, TenantPoolBuilder, driver_pool};
use crate::acceptance::check::Check;

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

async fn n16_a_powerful_login_that_is_allowed_is_bound_by_the_policies(world: &World) -> Check {
    let almighty = world.database.runtime_login().await;
    let powers = format!(
        "ALTER ROLE {almighty} BYPASSRLS CREATEROLE; GRANT owner, tenants_admin TO {almighty}"
    );
    world.database.run(SUPERUSER, &powers).await;
    for login in [SUPERUSER, &almighty] {
        let allowed = with_login(&world.database, login).allow_powerful_login();
        let pool = allowed.build().await?;
        // In the role-per-tenant mode this login may become the tenant's role, too.
        let tenant = pool.create_tenant(unique_id()).await?;
        let mut conn = pool.get(&tenant).await?;
        ensure_eq!(posts::table.count().get_result::<i64>(&mut conn).await?, 0);
        let foreign = (posts::tenant.eq(world.b.as_str()), posts::title.eq("foreign"));
        let foreign = diesel::insert_into(posts::table).values(foreign);
        let refused = foreign.execute(&mut conn).await;
        ensure_matches!(refused, Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)));
        let own = diesel::insert_into(posts::table).values(posts::title.eq("own"));
        let own = own.returning(Post::as_returning()).get_result::<Post>(&mut conn).await;
        ensure_eq!(own?.tenant, tenant.to_string());
        drop(conn);
        let seen = pool.read(&tenant, async |conn| -> QueryResult<i64> {
            posts::table.count().get_result(conn).await
        });
        ensure_eq!(seen.await?, 1);
    }
    world.ensure_untouched(&world.b).await?;
    Ok(())
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

/// Roles count as powers of the login that may become them, the runtime role among them.
async fn n16_the_powers_of_roles_that_a_login_may_become_are_refused(world: &World) {
    let database = &world.database;
    for power in ["BYPASSRLS", "SUPERUSER", "CREATEROLE"] {
        let (through_runtime_role, app) = own_roles(database, power).await;
        let (through_another, harmless) = own_roles(database, "").await;
        let another = database.login("NOINHERIT", &[]).await;
        let grant = format!("ALTER ROLE {another} {power}; GRANT {another} TO {through_another}");
        database.run(SUPERUSER, &grant).await;
        for (login, roles) in [(through_runtime_role, app), (through_another, harmless)] {
            let refused = problem(with_login(database, &login).roles(roles)).await;
            let found = match power {
                "CREATEROLE" => matches!(refused, LoginProblem::CreatesRoles { .. }),
                _ => matches!(refused, LoginProblem::Unbound { .. }),
            };
            assert!(found, "{power}: {refused:?}");
        }
    }
}

async fn n16_the_owner_of_what_policies_call_is_refused(world: &World) {
    for (object, named) in [
        ("FUNCTION tenants.current_tenant()", "tenants.current_tenant"),
        ("SCHEMA tenants", "tenants"),
        ("TABLE tenants.tenant", "tenants.tenant"),
        ("SCHEMA public", "public"),
    ] {
        let (login, roles) = own_roles(&world.database, "").await;
        world.database.run(SUPERUSER, &format!("ALTER {object} OWNER TO {login}")).await;
        let refused = problem(with_login(&world.database, &login).roles(roles)).await;
        let LoginProblem::Owner { table, .. } = &refused else { panic!("{object}: {refused:?}") };
        assert_eq!(table, named);
    }
}

/// As the default is up to PostgreSQL 14, which databases keep when they are upgraded.
async fn n16_a_runtime_role_that_may_create_functions_is_refused(world: &World) {
    let (login, roles) = own_roles(&world.database, "").await;
    let pool = || with_login(&world.database, &login).roles(roles.clone());
    assert!(pool().build().await.is_ok());
    world.database.run(SUPERUSER, "GRANT CREATE ON SCHEMA public TO PUBLIC").await;
    let refused = problem(pool()).await;
    let LoginProblem::Creates { app, schema } = &refused else { panic!("{refused:?}") };
    assert_eq!((app.as_str(), schema.as_str()), (roles.app.as_str(), "public"));
}

/// Leaving a scope would not lead back to the login.
async fn n16_a_login_that_does_not_start_as_itself_is_refused(world: &World) {
    let (login, roles) = own_roles(&world.database, "").await;
    let born = format!("ALTER ROLE {login} SET role = '{}'", roles.app.as_str());
    world.database.run(SUPERUSER, &born).await;
    let refused = problem(with_login(&world.database, &login).roles(roles.clone())).await;
    let LoginProblem::BornAsAnother { login: found, role } = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!((found.as_str(), role.as_str()), (login.as_str(), roles.app.as_str()));
}

/// A role of a name that must be quoted, with its own grants, to see that statements run as it.
async fn the_runtime_role_may_have_any_name(world: &World) {
    let database = &world.database;
    let (app, login) = (format!("My App {}", unique_id()), database.runtime_login().await);
    let make = format!(
        "CREATE ROLE \"{app}\"; GRANT \"{app}\" TO {login};
        GRANT \"{app}\" TO provisioner WITH ADMIN OPTION;
        GRANT USAGE ON SCHEMA tenants TO \"{app}\"; GRANT SELECT ON posts TO \"{app}\";
        REVOKE tenants_app FROM {login}"
    );
    database.run(SUPERUSER, &make).await;
    let roles = Roles { app: Identifier::new(app.as_str()).unwrap(), ..Roles::default() };
    let pool = with_login(database, &login).roles(roles).build().await.unwrap();
    let tenant = pool.create_tenant(unique_id()).await.unwrap();
    let insert = format!("INSERT INTO posts (tenant, title) VALUES ({}, 'own')", tenant.literal());
    database.run(SUPERUSER, &insert).await;
    let seen = pool.transaction(&tenant, async |conn| {
        let role = diesel::select(current_role()).get_result::<String>(conn).await?;
        let titles = posts::table.select(posts::title).load::<String>(conn).await?;
        QueryResult::Ok((role, titles))
    });
    let role = match database.isolation() {
        Isolation::SharedRole => app,
        Isolation::RolePerTenant => format!("tenant_{tenant}"),
    };
    assert_eq!(seen.await, Ok((role, vec!["own".to_owned()])));
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

/// A login and a runtime role of one test, so that no other suffers from what it does to them.
async fn own_roles(database: &Database, power: &str) -> (String, Roles) {
    let (login, app) = (unique_id(), unique_id());
    let make = format!(
        "CREATE ROLE {app} NOLOGIN {power}; CREATE ROLE {login} LOGIN NOINHERIT IN ROLE {app};
        GRANT USAGE ON SCHEMA tenants TO {login}, {app};
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO {login}"
    );
    database.run(SUPERUSER, &make).await;
    (login, Roles { app: Identifier::new(app).unwrap(), ..Roles::default() })
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
    n16_the_powers_of_roles_that_a_login_may_become_are_refused,
    n16_the_owner_of_what_policies_call_is_refused,
    n16_a_runtime_role_that_may_create_functions_is_refused,
    n16_a_login_that_does_not_start_as_itself_is_refused,
    the_runtime_role_may_have_any_name,
    n16_an_existing_pool_of_a_powerful_login_must_start_as_the_runtime_role,
    n16_a_powerful_admin_login_is_refused_unless_allowed,
    a_login_that_was_not_set_up_is_refused,
    a_login_that_may_not_ask_for_tenants_is_refused_unless_nobody_asks,
    a_pool_and_a_database_that_isolate_differently_are_refused,
    a_database_that_was_not_set_up_is_refused,
    a_problem_names_its_remedy,
];
