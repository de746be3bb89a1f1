//! The builder looks at its logins, and refuses those that could get around the policies.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tenants_diesel::{
    Admission, BuildError, DatabaseProblem, Identifier, Isolation, LoginProblem, Roles,
};
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

/// Each power, had by the login itself or by a role that it may become, is refused by its own
/// problem, and lifted for development.
async fn n16_each_power_of_a_login_and_of_the_roles_that_it_may_become_is_refused(world: &World) {
    const CREATE_ON_DATABASE: &str = "DO $$ BEGIN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO {who}', current_database()); END $$";
    type IsExpected = fn(&LoginProblem, &str) -> bool;
    let powers: [(&str, IsExpected); 13] = [
        ("ALTER ROLE {who} REPLICATION", |p, _| matches!(p, LoginProblem::Replicates { .. })),
        ("GRANT pg_read_all_data TO {who}", |p, _| is_predefined(p, "pg_read_all_data")),
        ("GRANT pg_write_all_data TO {who}", |p, _| is_predefined(p, "pg_write_all_data")),
        ("GRANT pg_read_server_files TO {who}", |p, _| is_predefined(p, "pg_read_server_files")),
        ("GRANT pg_execute_server_program TO {who}", |p, _| {
            is_predefined(p, "pg_execute_server_program")
        }),
        ("GRANT pg_read_all_stats TO {who}", |p, _| is_predefined(p, "pg_read_all_stats")),
        ("GRANT pg_signal_backend TO {who}", |p, _| is_predefined(p, "pg_signal_backend")),
        (
            "GRANT CREATE ON SCHEMA public TO {who}",
            |p, who| matches!(p, LoginProblem::Creates { app, schema } if app == who && schema == "public"),
        ),
        (
            CREATE_ON_DATABASE,
            |p, who| matches!(p, LoginProblem::CreatesSchemas { role } if role == who),
        ),
        ("GRANT SELECT ON posts TO {who}", |p, who| is_held(p, who, "public.posts")),
        ("GRANT UPDATE (title) ON posts TO {who}", |p, who| is_held(p, who, "public.posts")),
        ("GRANT SELECT ON plans TO {who}", |p, who| is_held(p, who, "public.plans")),
        (
            "CREATE TABLE of_{who} () INHERITS (posts); ALTER TABLE of_{who} OWNER TO {who}",
            |p, who| matches!(p, LoginProblem::Owner { table, .. } if *table == format!("public.of_{who}")),
        ),
    ];
    let database = &world.database;
    for (power, is_expected) in powers {
        for of_another in [false, true] {
            let (login, another) = (unset_login(database).await, tenants_tests::unique_id());
            let member = format!("CREATE ROLE {another}; GRANT {another} TO {login}");
            database.run(SUPERUSER, &member).await;
            assert!(with_login(database, &login).build().await.is_ok(), "before {power}");
            let who = if of_another { &another } else { &login };
            database.run(SUPERUSER, &power.replace("{who}", who)).await;
            let refused = problem(with_login(database, &login)).await;
            assert!(is_expected(&refused, who), "{power} of {who}: {refused:?}");
            assert!(refused.to_string().contains("allow_powerful_login"), "{refused}");
            let allowed = with_login(database, &login).allow_powerful_login().build().await;
            assert!(allowed.is_ok(), "{power}");
        }
    }
}

fn is_predefined(problem: &LoginProblem, expected: &str) -> bool {
    matches!(problem, LoginProblem::Predefined { role, .. } if role == expected)
}

fn is_held(problem: &LoginProblem, who: &str, expected: &str) -> bool {
    matches!(problem, LoginProblem::Holds { role, table, .. } if role == who && table == expected)
}

/// Such a login reads the tables that tenants share, and writes those that they may write, without any scope.
async fn n16_a_login_that_inherits_the_runtime_role_is_refused(world: &World) {
    let database = &world.database;
    let login = unset_login(database).await;
    // From PostgreSQL 16 on, a membership keeps what the role was when it was granted.
    let inherit = format!(
        "REVOKE tenants_app FROM {login}; ALTER ROLE {login} INHERIT; GRANT tenants_app TO {login}"
    );
    database.run(SUPERUSER, &inherit).await;
    let refused = problem(with_login(database, &login)).await;
    assert!(matches!(refused, LoginProblem::Inherits { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&format!("ALTER ROLE {login} NOINHERIT")), "{refused}");
    assert!(with_login(database, &login).allow_powerful_login().build().await.is_ok());
}

/// What PUBLIC may do, the login may do without any scope.
async fn n16_a_table_of_tenants_that_is_open_to_all_is_refused(world: &World) {
    let database = &world.database;
    database.run("owner", "GRANT SELECT ON plans TO PUBLIC").await;
    assert!(with_login(database, "app_login").build().await.is_ok());
    database.run("owner", "GRANT SELECT ON posts TO PUBLIC").await;
    let refused = problem(with_login(database, "app_login")).await;
    assert!(is_held(&refused, "PUBLIC", "public.posts"), "{refused:?}");
}

/// Some revoke it as hardening, and then no scope can be left.
async fn a_login_that_may_not_release_advisory_locks_is_refused(world: &World) {
    let database = &world.database;
    let pool = || with_login(database, "app_login").admin_url(database.url("admin_login"));
    let unlock = "EXECUTE ON FUNCTION pg_catalog.pg_advisory_unlock_all()";
    database.run(SUPERUSER, &format!("REVOKE {unlock} FROM PUBLIC")).await;
    for role in ["app_login", "tenants_app", "admin_login"] {
        let refused = problem(pool()).await;
        let found = matches!(&refused, LoginProblem::MayNotUnlock { role: found } if found == role);
        assert!(found, "{role}: {refused:?}");
        database.run(SUPERUSER, &format!("GRANT {unlock} TO {role}")).await;
    }
    assert!(pool().build().await.is_ok());
}

/// The pool is the last to notice that nobody ran the migration.
async fn n16_a_database_whose_tables_are_not_protected_is_refused(world: &World) {
    let database = &world.database;
    let unprotected = async || match with_login(database, "app_login").build().await {
        Ok(_) => Vec::new(),
        Err(BuildError::Database(DatabaseProblem::Unprotected { tables })) => tables,
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(unprotected().await, [""; 0]);
    for (part, undo) in [
        (
            "ALTER TABLE posts DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE posts ENABLE ROW LEVEL SECURITY",
        ),
        (
            "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE posts FORCE ROW LEVEL SECURITY",
        ),
        (
            "ALTER POLICY tenants_isolation ON posts RENAME TO other",
            "ALTER POLICY other ON posts RENAME TO tenants_isolation",
        ),
        (
            "ALTER POLICY tenants_guard ON posts RENAME TO other",
            "ALTER POLICY other ON posts RENAME TO tenants_guard",
        ),
        (
            "ALTER POLICY tenants_admin ON posts RENAME TO other",
            "ALTER POLICY other ON posts RENAME TO tenants_admin",
        ),
        (
            "ALTER POLICY tenants_guard ON posts USING (true) WITH CHECK (true)",
            "ALTER POLICY tenants_guard ON posts USING (tenant = tenants.current_tenant())
                WITH CHECK (tenant = tenants.current_tenant())",
        ),
        (
            "ALTER POLICY tenants_isolation ON posts WITH CHECK (true)",
            "ALTER POLICY tenants_isolation ON posts WITH CHECK (tenant = tenants.current_tenant())",
        ),
        (
            "ALTER POLICY tenants_guard ON posts TO tenants_admin",
            "ALTER POLICY tenants_guard ON posts TO tenants_app",
        ),
        (
            "ALTER POLICY tenants_admin ON posts TO PUBLIC",
            "ALTER POLICY tenants_admin ON posts TO tenants_admin",
        ),
        (
            "DROP POLICY tenants_guard ON posts;
            CREATE POLICY tenants_guard ON posts TO tenants_app USING (tenant = tenants.current_tenant())
                WITH CHECK (tenant = tenants.current_tenant())",
            "DROP POLICY tenants_guard ON posts;
            CREATE POLICY tenants_guard ON posts AS RESTRICTIVE TO tenants_app
                USING (tenant = tenants.current_tenant()) WITH CHECK (tenant = tenants.current_tenant())",
        ),
        (
            "CREATE TABLE old_posts () INHERITS (posts); GRANT SELECT ON old_posts TO tenants_app",
            "REVOKE SELECT ON old_posts FROM tenants_app",
        ),
        (
            "CREATE TABLE titles (title text NOT NULL); ALTER TABLE posts INHERIT titles;
            GRANT SELECT (title) ON titles TO tenants_app",
            "REVOKE SELECT (title) ON titles FROM tenants_app",
        ),
    ] {
        database.run("owner", part).await;
        let table = ["old_posts", "titles"].into_iter().find(|table| part.contains(table));
        assert_eq!(unprotected().await, [format!("public.{}", table.unwrap_or("posts"))], "{part}");
        database.run("owner", undo).await;
        assert_eq!(unprotected().await, [""; 0], "{undo}");
    }
    // What nobody can read shows nothing, and what is not there neither.
    let closed =
        "ALTER TABLE posts DISABLE ROW LEVEL SECURITY; REVOKE ALL ON posts FROM tenants_app";
    database.run("owner", closed).await;
    assert_eq!(unprotected().await, [""; 0]);
    let powerful = with_login(database, SUPERUSER).allow_powerful_login().build().await;
    assert!(powerful.is_ok(), "{:?}", powerful.err());
    database.run("owner", "DROP TABLE posts CASCADE").await;
    assert_eq!(unprotected().await, [""; 0]);
}

/// Another role of the login's, too, must not read what inherits from a table past its policies.
async fn n16_a_parent_that_a_role_of_the_login_can_use_is_refused(world: &World) {
    let database = &world.database;
    let (login, another) = (database.runtime_login().await, unique_id());
    let parent = format!(
        "CREATE ROLE {another}; GRANT {another} TO {login};
        CREATE TABLE titles (title text NOT NULL); ALTER TABLE posts INHERIT titles"
    );
    database.run(SUPERUSER, &parent).await;
    assert!(with_login(database, &login).build().await.is_ok());
    database.run(SUPERUSER, &format!("GRANT SELECT ON titles TO {another}")).await;
    let refused = problem(with_login(database, &login)).await;
    assert!(is_held(&refused, &another, "public.titles"), "{refused:?}");
    // Whoever has more rights shows no more rows, so this one is not lifted.
    let allowed = with_login(database, &login).allow_powerful_login().build().await;
    let unprotected = matches!(
        &allowed,
        Err(BuildError::Database(DatabaseProblem::Unprotected { tables })) if *tables == ["public.titles"]
    );
    assert!(unprotected, "{allowed:?}");
    let owner =
        format!("REVOKE SELECT ON titles FROM {another}; ALTER TABLE titles OWNER TO {another}");
    database.run(SUPERUSER, &owner).await;
    let refused = problem(with_login(database, &login)).await;
    assert!(
        matches!(&refused, LoginProblem::Owner { table, .. } if table == "public.titles"),
        "{refused:?}"
    );
}

/// TRUNCATE takes the rows of all tenants, whatever the policies say.
async fn n16_a_right_that_no_policy_covers_is_refused(world: &World) {
    let database = &world.database;
    for (grant, table, right, revoke) in [
        ("TRUNCATE ON posts TO tenants_app", "public.posts", "TRUNCATE", "tenants_app"),
        ("TRIGGER ON posts TO tenants_app", "public.posts", "TRIGGER", "tenants_app"),
        ("REFERENCES (title) ON posts TO tenants_app", "public.posts", "REFERENCES", "tenants_app"),
        ("TRUNCATE ON plans TO PUBLIC", "public.plans", "TRUNCATE", "PUBLIC"),
    ] {
        for allowed in [false, true] {
            database.run("owner", &format!("GRANT {grant}")).await;
            let pool = with_login(database, "app_login");
            let pool =
                if allowed { with_login(database, SUPERUSER).allow_powerful_login() } else { pool };
            let refused = pool.build().await;
            let is_it = matches!(
                &refused,
                Err(BuildError::Database(DatabaseProblem::Uncovered { table: found, right: it }))
                    if found == table && it == right
            );
            assert!(is_it, "{grant}: {refused:?}");
            database
                .run("owner", &format!("REVOKE ALL ({}) ON {table} FROM {revoke}", column(table)))
                .await;
            database.run("owner", &format!("REVOKE {right} ON {table} FROM {revoke}")).await;
            assert!(with_login(database, "app_login").build().await.is_ok(), "{grant}");
        }
    }
}

fn column(table: &str) -> &'static str {
    if table == "public.posts" { "title" } else { "name" }
}

/// Diesel writes tables of schema `public` by their bare name, which another table can have.
async fn n16_a_table_that_hides_one_of_tenants_is_refused(world: &World) {
    let database = &world.database;
    let login = database.runtime_login().await;
    let shadow = async |setting: &str| {
        database.run(SUPERUSER, &format!("ALTER ROLE {login} SET search_path = {setting}")).await;
        match with_login(database, &login).build().await {
            Ok(_) => None,
            Err(BuildError::Database(DatabaseProblem::Shadowed { table, shadow })) => {
                Some((table, shadow))
            }
            Err(other) => panic!("{other:?}"),
        }
    };
    let posts = Some(("public.posts".to_owned(), r#""Ev il""".posts"#.to_owned()));
    database
        .run(SUPERUSER, r#"CREATE SCHEMA "Ev il"""; CREATE TABLE "Ev il""".posts (title text)"#)
        .await;
    assert_eq!(shadow(r#""Ev il""", public"#).await, None, "scoped code may not look into it");
    database.run(SUPERUSER, r#"GRANT USAGE ON SCHEMA "Ev il""" TO tenants_app"#).await;
    assert_eq!(shadow(r#"public, "Ev il""""#).await, None, "it stands behind");
    assert_eq!(shadow(r#""Ev il""", public"#).await, posts);
    // Where the registered one is not there, the other is found behind it, too.
    database.run("owner", "ALTER TABLE public.posts RENAME TO moved").await;
    assert_eq!(shadow(r#"public, "Ev il""""#).await, posts);
    database.run("owner", "ALTER TABLE public.moved RENAME TO posts").await;
    // No scope becomes the login, so the schema of its name is never looked into.
    let of_login = format!(
        "CREATE SCHEMA {login}; CREATE TABLE {login}.posts (title text); GRANT USAGE ON SCHEMA {login} TO tenants_app"
    );
    database.run(SUPERUSER, &of_login).await;
    assert_eq!(shadow(r#""$user", public"#).await, None);
    let own = "CREATE SCHEMA tenants_app; CREATE VIEW tenants_app.posts AS SELECT 1 AS id;
        GRANT USAGE ON SCHEMA tenants_app TO tenants_app";
    database.run(SUPERUSER, own).await;
    let own = Some(("public.posts".to_owned(), "tenants_app.posts".to_owned()));
    assert_eq!(shadow(r#""$user", public"#).await, own, "the role of a scope finds its own schema");
}

/// An id that the encoding lacks makes the message of its scope fail as a whole, `BEGIN` included.
async fn n07_a_database_of_another_encoding_is_refused(_: &World) {
    for encoding in ["LATIN1", "EUC_JP", "SQL_ASCII"] {
        let database = Database::in_encoding(encoding).await;
        let refused = with_login(&database, "app_login").build().await.unwrap_err();
        let BuildError::Database(problem @ DatabaseProblem::Encoding { .. }) = refused else {
            panic!("{refused:?}")
        };
        let said = problem.to_string();
        assert!(said.contains(encoding) && said.contains("ENCODING 'UTF8'"), "{said}");
    }
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
    match database.isolation() {
        Isolation::SharedRole => {
            assert!(matches!(refused, LoginProblem::MayNotAdminister { .. }), "{refused:?}");
        }
        Isolation::RolePerTenant => {
            assert!(matches!(refused, LoginProblem::CannotProvision { .. }), "{refused:?}");
        }
    }
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
    let app = format!("My App {}", unique_id());
    let (login, roles) = named_roles(database, &app, "").await;
    let grant = format!(
        "GRANT \"{app}\" TO provisioner WITH ADMIN OPTION; GRANT SELECT ON posts TO \"{app}\";
        ALTER POLICY tenants_guard ON posts TO \"{app}\""
    );
    database.run(SUPERUSER, &grant).await;
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
    named_roles(database, &unique_id(), power).await
}

async fn named_roles(database: &Database, app: &str, power: &str) -> (String, Roles) {
    let login = unique_id();
    let make = format!(
        "CREATE ROLE \"{app}\" NOLOGIN {power}; CREATE ROLE {login} LOGIN NOINHERIT IN ROLE \"{app}\";
        GRANT USAGE ON SCHEMA tenants TO {login}, \"{app}\";
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO {login}"
    );
    database.run(SUPERUSER, &make).await;
    (login, Roles { app: Identifier::new(app).unwrap(), ..Roles::default() })
}

/// A login that may serve requests, made without `tenants setup`, which would take its time.
async fn unset_login(database: &Database) -> String {
    let login = database.login("NOINHERIT", &["tenants_app"]).await;
    let grant = format!(
        "GRANT USAGE ON SCHEMA tenants TO {login};
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO {login}"
    );
    database.run(SUPERUSER, &grant).await;
    login
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
    n16_each_power_of_a_login_and_of_the_roles_that_it_may_become_is_refused,
    n16_a_login_that_inherits_the_runtime_role_is_refused,
    n16_a_table_of_tenants_that_is_open_to_all_is_refused,
    a_login_that_may_not_release_advisory_locks_is_refused,
    n16_a_database_whose_tables_are_not_protected_is_refused,
    n16_a_parent_that_a_role_of_the_login_can_use_is_refused,
    n16_a_right_that_no_policy_covers_is_refused,
    n16_a_table_that_hides_one_of_tenants_is_refused,
    n07_a_database_of_another_encoding_is_refused,
    n16_an_existing_pool_of_a_powerful_login_must_start_as_the_runtime_role,
    n16_a_powerful_admin_login_is_refused_unless_allowed,
    a_login_that_was_not_set_up_is_refused,
    a_login_that_may_not_ask_for_tenants_is_refused_unless_nobody_asks,
    a_pool_and_a_database_that_isolate_differently_are_refused,
    a_database_that_was_not_set_up_is_refused,
    a_problem_names_its_remedy,
];
