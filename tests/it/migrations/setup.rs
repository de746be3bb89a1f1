//! `tenants setup`, by an owner who is no superuser.

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tenants_core::{Identifier, Sql, ddl};
use tenants_diesel::{Isolation, migrations};

use super::scratch::{Scratch, stderr, stdout};
use crate::golden::assert_golden;

#[tokio::test]
async fn setup_makes_a_login_that_is_powerless_until_scoped() {
    let scratch = Scratch::new().await;
    let said = scratch.set_up(&["--admin-login", &scratch.role("support")]);
    assert!(said.contains("installed") && said.contains("shared role"), "{said}");
    scratch.run("login", "SELECT tenants.create_tenant('a')").await;
    let may = |part: &'static str, sql: &'static str| scratch.values(part, sql);
    assert_eq!(may("login", "SELECT tenants.list_tenants()").await.unwrap(), ["a"]);
    let scoped = format!("SET ROLE {}; SELECT tenants.admit('a')", scratch.role("app"));
    let refused = scratch.values("login", &scoped).await.unwrap_err();
    assert!(refused.starts_with("42501"), "scoped code asks for no tenant: {refused}");
    let refused = may("support", "SELECT tenants.create_tenant('b')").await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
    let admin = format!("SET ROLE {}; SELECT tenants.current_tenant()", scratch.role("admin"));
    assert_eq!(scratch.values("support", &admin).await.unwrap(), ["NULL"]);
    let refused = scratch.values("login", &admin).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
}

#[tokio::test]
async fn a_second_setup_changes_nothing() {
    let scratch = Scratch::new().await;
    scratch.set_up(&["--isolation", "role-per-tenant"]);
    let before = scratch.snapshot().await;
    let said = scratch.set_up(&[]);
    assert!(said.contains("up to date") && said.contains("one role each"), "{said}");
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn the_isolation_mode_is_one_function_and_the_right_to_create() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[
        "--provisioner",
        &scratch.role("provisioner"),
        "--isolation",
        "role-per-tenant",
    ]);
    let refused = scratch.values("login", "SELECT tenants.create_tenant('a')").await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
    let [app, login] = ["app", "login"].map(|part| scratch.role(part));
    let id = &scratch.prefix;
    let provision = format!("SELECT tenants.provision_tenant('{id}', '{app}', '{login}')");
    scratch.run("provisioner", &provision).await;
    let scoped = format!(r#"SET ROLE "tenant_{id}"; SELECT tenants.current_tenant()"#);
    assert_eq!(scratch.values("login", &scoped).await.unwrap(), [id.as_str()]);
    let forged =
        format!(r#"SET ROLE "{app}"; SET tenants.tenant = 'b'; SELECT tenants.current_tenant()"#);
    assert_eq!(scratch.values("login", &forged).await.unwrap(), ["NULL"]);

    scratch.set_up(&["--isolation", "shared-role"]);
    let scoped = "SET tenants.tenant = 'b'; SELECT tenants.current_tenant()";
    assert_eq!(scratch.values("login", scoped).await.unwrap(), ["b"]);
    scratch.run("login", "SELECT tenants.create_tenant('b')").await;
}

#[tokio::test]
async fn names_that_must_be_quoted_are() {
    let scratch = Scratch::new().await;
    let [app, admin] = [r#"The "App" $$"#, "The Admin's"].map(|name| scratch.role(name));
    let [login, provisioner] = ["login", "provisioner"].map(|part| scratch.role(part));
    stdout(&scratch.tenants(&[
        "setup",
        "--login",
        &login,
        "--provisioner",
        &provisioner,
        "--app-role",
        &app,
        "--admin-role",
        &admin,
        "--isolation",
        "role-per-tenant",
    ]));
    let id = scratch.role("Acme");
    let provision = format!("SELECT tenants.provision_tenant('{id}', '{app}', '{login}')");
    scratch.run("provisioner", &provision).await;
    let scoped = format!(r#"SET ROLE "tenant_{id}"; SELECT tenants.current_tenant()"#);
    assert_eq!(scratch.values("login", &scoped).await.unwrap(), [id]);
}

#[tokio::test]
async fn n20_two_databases_of_one_cluster_are_set_up_at_once_and_stay_independent() {
    let one = Scratch::new().await;
    let two = one.sibling().await;
    let setups = (0..8).map(|number| {
        let scratch = if number % 2 == 0 { &one } else { &two };
        let (login, roles) = (scratch.role("login"), scratch.role_args());
        let mut args = vec!["setup", "--login", &login];
        args.extend(roles.iter().map(String::as_str));
        let program = env!("CARGO_BIN_EXE_tenants");
        scratch.command(program, &args).stderr(std::process::Stdio::piped()).spawn().unwrap()
    });
    for setup in setups.collect::<Vec<_>>() {
        stdout(&setup.wait_with_output().unwrap());
    }
    one.run("login", "SELECT tenants.create_tenant('a')").await;
    assert_eq!(two.values("login", "SELECT tenants.list_tenants()").await.unwrap(), [""; 0]);
    let scoped = format!("SET ROLE {}; SELECT tenants.current_tenant()", one.role("app"));
    assert_eq!(two.values("login", &scoped).await.unwrap(), ["NULL"]);
}

#[tokio::test]
async fn a_missing_login_is_told_how_to_make_it() {
    let scratch = Scratch::new().await;
    let said = stderr(&scratch.tenants(&["setup", "--login", "nobody's"]), 1);
    let remedy = r#"CREATE ROLE "nobody's" LOGIN NOINHERIT PASSWORD '...';"#;
    assert!(said.contains(remedy), "{said}");
}

#[tokio::test]
async fn an_owner_without_createrole_is_given_the_sql_for_an_administrator() {
    let scratch = Scratch::new().await;
    scratch.superuser(&format!("ALTER ROLE {} NOCREATEROLE", scratch.role("owner"))).await;
    let (login, roles) = (scratch.role("login"), scratch.role_args());
    let mut args = vec!["setup", "--login", &login];
    args.extend(roles.iter().map(String::as_str));
    let said = stderr(&scratch.tenants(&args), 1);
    let script = said.split("\n\n").nth(1).unwrap();
    let script = script.split("\nand run").next().unwrap();
    scratch.superuser(script).await;
    stdout(&scratch.tenants(&args));
}

#[tokio::test]
async fn print_connects_to_nothing_and_prints_what_an_administrator_can_run_twice() {
    let scratch = Scratch::new().await;
    let (login, support) = (scratch.role("login"), scratch.role("support"));
    let roles = scratch.role_args();
    let mut args = vec!["setup", "--print", "--login", &login, "--admin-login", &support];
    args.extend(roles.iter().map(String::as_str));
    let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), &args);
    let script = stdout(&command.env("DATABASE_URL", "postgres://localhost:1/").output().unwrap());
    assert!(script.contains("REVOKE TEMPORARY ON DATABASE"), "{script}");
    scratch.superuser_here(&script).await;
    scratch.superuser_here(&script).await;
    scratch.superuser(&format!("ALTER ROLE {} NOCREATEROLE", scratch.role("owner"))).await;
    scratch.set_up(&["--admin-login", &support]);
}

/// The cluster's part and the database's, word for word. On a database of its own, without the command,
/// they do what the command does.
#[tokio::test]
async fn the_statements_of_setup_are_the_golden_ones() {
    for (name, isolation, provisions) in [
        ("shared-role", Isolation::SharedRole, true),
        ("one-login", Isolation::SharedRole, false),
        ("role-per-tenant", Isolation::RolePerTenant, true),
    ] {
        let scratch = Scratch::new().await;
        let by_hand = scratch.sibling().await;
        let [login, support, provisioner] =
            ["login", "support", "provisioner"].map(|part| scratch.role(part));
        let mode =
            if isolation == Isolation::SharedRole { "shared-role" } else { "role-per-tenant" };
        let mut logins = vec!["--admin-login", &support, "--isolation", mode];
        if provisions {
            logins.extend(["--provisioner", &provisioner]);
        }
        let roles = scratch.role_args();
        let mut args = vec!["setup", "--print", "--login", &login];
        args.extend(roles.iter().map(String::as_str).chain(logins.iter().copied()));
        let print = stdout(&scratch.tenants(&args));

        let identifier = |name: &str| Identifier::new(name).unwrap();
        let mut scoped = vec![scratch.roles().app, scratch.roles().admin];
        scoped.extend([&login, &support].map(|name| identifier(name)));
        let mut statements = vec![ddl::isolation::current_tenant(isolation)];
        let by = provisions.then(|| identifier(&provisioner));
        scoped.extend(by.clone());
        statements.extend(ddl::grants::scoped(&scoped));
        statements.extend(ddl::grants::runtime(&scratch.roles().app));
        statements.extend(ddl::grants::admin(&scratch.roles().admin));
        statements.extend(ddl::grants::logins(&identifier(&login), by.as_ref(), isolation));
        let grants = script(&statements);

        scratch.superuser(&print).await;
        let owner = AsyncPgConnection::establish(&by_hand.url("owner")).await.unwrap();
        migrations::install(owner).await.unwrap();
        by_hand.run("owner", &grants).await;
        scratch.set_up(&logins);
        assert_eq!(by_hand.snapshot().await, scratch.snapshot().await, "{name}");
        let mut conn = AsyncPgConnection::establish(&by_hand.url("owner")).await.unwrap();
        let read = tenants_diesel::catalog::read_functions(&mut conn).await.unwrap();
        assert_eq!(ddl::function::isolation(&read), Some(isolation));

        // Roles are cluster-wide, so each test has its own.
        let prefix = format!("{}_", scratch.prefix);
        for (part, script) in [("roles", print), ("grants", grants)] {
            let file = format!("setup/{name}-{part}.sql");
            assert_golden(file, &script.replace(&prefix, "tenants_"));
        }
    }
}

fn script(statements: &[Sql]) -> String {
    statements.iter().map(|statement| format!("{statement};\n")).collect()
}

/// The owner of the database is somebody else.
#[tokio::test]
async fn whoever_cannot_install_or_grant_is_told_so() {
    let scratch = Scratch::new().await;
    let login = scratch.role("login");
    let setup = |part: &str| {
        let roles = scratch.role_args();
        let mut args = vec!["setup", "--login", &login];
        args.extend(roles.iter().map(String::as_str));
        let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), &args);
        stderr(&command.env("DATABASE_URL", scratch.url(part)).output().unwrap(), 1)
    };
    let said = setup("provisioner");
    assert!(said.contains("schema `tenants` could not be installed"), "{said}");
    scratch.set_up(&[]);
    let broken = "ALTER TABLE tenants.tenants_probe RENAME TO probe";
    scratch.run("owner", broken).await;
    let said = setup("owner");
    assert!(said.contains("the database could not be set up: connect as its owner"), "{said}");
}

#[tokio::test]
async fn a_url_that_cannot_be_used_or_is_missing_is_told_so() {
    let scratch = Scratch::new().await;
    let commands = [&["setup", "--login", "x"][..], &["migration", "generate", "x"]];
    let project = super::scratch::Directory::new();
    std::fs::create_dir(project.join("migrations")).unwrap();
    for args in commands {
        let run = |url: Option<&str>| {
            let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), args);
            match url {
                Some(url) => command.env("DATABASE_URL", url),
                None => command.env_remove("DATABASE_URL"),
            };
            command.current_dir(&*project).output().unwrap()
        };
        let said = stderr(&run(Some("mysql:/nonsense")), 1);
        assert!(said.contains("the database URL is not one of the form"), "{said}");
        let tls = format!("{}?sslmode=require", scratch.url("owner"));
        let said = stderr(&run(Some(&tls)), 1);
        assert!(said.contains("the database URL asks for TLS"), "{said}");
        let said = stderr(&run(None), 2);
        assert!(said.contains("--database-url <URL>"), "{said}");
    }
}

#[tokio::test]
async fn roles_that_would_undo_isolation_are_refused() {
    let scratch = Scratch::new().await;
    let login = scratch.role("login");
    let refused = |args: &[&str], expected: &str| {
        let said = stderr(&scratch.tenants(&[&["setup", "--login", &login], args].concat()), 1);
        assert!(said.contains(expected), "{said}");
    };
    refused(&["--admin-login", &login], "named twice");
    refused(&["--app-role", &scratch.role("owner")], "name another one");
    let tenant_role = ["--app-role", "tenant_app", "--isolation", "role-per-tenant"];
    refused(&tenant_role, "like the roles of tenants");

    let [app, admin] = ["app", "admin"].map(|part| scratch.role(part));
    let roles = ["--app-role", app.as_str(), "--admin-role", admin.as_str()];
    scratch.set_up(&[]);
    scratch.superuser(&format!("GRANT {admin} TO {login}")).await;
    refused(&roles, "a login of its own");
}

#[tokio::test]
async fn a_login_that_inherits_never_has_the_rights_of_the_runtime_role_without_scope() {
    let scratch = Scratch::new().await;
    let [app, login] = ["app", "login"].map(|part| scratch.role(part));
    scratch
        .superuser(&format!(
            "ALTER ROLE {login} INHERIT; CREATE ROLE {app}; GRANT {app} TO {login}"
        ))
        .await;
    let roles = scratch.role_args();
    let mut args = vec!["setup", "--login", &login];
    args.extend(roles.iter().map(String::as_str));
    let said = stderr(&scratch.tenants(&args), 1);
    let remedy = format!(r#"ALTER ROLE "{login}" NOINHERIT; REVOKE "{app}" FROM "{login}";"#);
    // From PostgreSQL 16 on, an owner may only grant the roles that it made.
    let remedy = if said.contains("may not make the roles") {
        said.split("\n\n").nth(1).unwrap().split("\nand run").next().unwrap()
    } else {
        assert!(said.contains(&remedy), "{said}");
        &remedy
    };
    scratch.superuser(remedy).await;
    scratch.set_up(&[]);
    let inherits = format!("SELECT pg_has_role('{login}', '{app}', 'USAGE')");
    assert_eq!(scratch.values("owner", &inherits).await.unwrap(), ["f"]);
}

/// From PostgreSQL 16 on, memberships are kept for each grantor, and a superuser's plain REVOKE
/// takes back nothing of another one's.
#[tokio::test]
async fn the_remedy_works_for_a_membership_that_somebody_else_granted() {
    let scratch = Scratch::new().await;
    let [app, login, third] = ["app", "login", "third"].map(|part| scratch.role(part));
    scratch.set_up(&[]);
    scratch
        .superuser(&format!(
            "ALTER ROLE {login} INHERIT;
            CREATE ROLE {third};
            GRANT {app} TO {third} WITH ADMIN OPTION;
            SET ROLE {third};
            GRANT {app} TO {login}"
        ))
        .await;
    let roles = scratch.role_args();
    let mut args = vec!["setup", "--login", &login];
    args.extend(roles.iter().map(String::as_str));
    let said = stderr(&scratch.tenants(&args), 1);
    let remedy = said.split('`').find(|part| part.starts_with("ALTER ROLE")).unwrap();
    scratch.superuser(remedy).await;
    scratch.set_up(&[]);
}

#[tokio::test]
async fn nothing_that_is_said_holds_a_password() {
    let scratch = Scratch::new().await;
    let urls = [
        "postgres://me:hunter2@127.0.0.1:1/db",
        "postgres://me:hunter2@127.0.0.1:notaport/hunter2",
        "postgres://me:hun:ter2 hunter2@[",
        "postgres://me:hunter2@127.0.0.1:1/db?sslmode=require",
        "hunter2",
    ];
    for url in urls {
        for args in [&["setup", "--login", "x"][..], &["setup", "--help"]] {
            let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), args);
            let output = command.env("DATABASE_URL", url).output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(!said.contains("hunter2") && !said.contains("ter2"), "{said}");
        }
    }
}

#[tokio::test]
async fn no_value_of_an_argument_is_repeated() {
    let scratch = Scratch::new().await;
    let url = "postgres://me:hunter2@127.0.0.1:1/db";
    let long = format!("{url}?application_name={}", "x".repeat(64));
    let assigned = |name: &str| format!("{name}={url}");
    let generate = ["migration", "generate"];
    for (args, remedy) in [
        (&[&generate[..], &[url]].concat()[..], "a migration's name consists of"),
        (&[&generate[..], &["protect", url]].concat(), "Usage: tenants migration generate"),
        (&[&generate[..], &[&*format!("-{url}")]].concat(), "Usage: tenants migration generate"),
        (&[&generate[..], &[&*format!("--{url}")]].concat(), "Usage: tenants migration generate"),
        (&[url], "Usage: tenants <COMMAND>"),
        (&["migration", url], "Usage: tenants migration <COMMAND>"),
        (&["setup", url], "Usage: tenants setup"),
        (&["setup", "--login", "x", "--", url], "Usage: tenants setup"),
        (&["setup", &assigned("--databaseurl")], "unexpected argument '--databaseurl'"),
        (&["setup", "--login", &long], "pass it as `--database-url`"),
        (&["setup", "--login", &format!("hunter2{}", "x".repeat(64))], "choose a shorter one"),
        (&["setup", "--print", "--login", url], "pass it as `--database-url`"),
        (&["setup", "--login", "x", "--app-role", url], "pass it as `--database-url`"),
        (&["setup", "--print", "--login", "password=hunter2"], "pass it as `--database-url`"),
        (&["setup", "--login", "x", "--isolation", url], "[possible values: shared-role"),
        (&["setup", "--login", "x", "--login", url], "cannot be used multiple times"),
    ] {
        let said = stderr(&scratch.tenants(args), 2);
        assert!(said.contains(remedy), "{args:?}: {said}");
        assert!(!said.contains("hunter2") && !said.contains("127.0.0.1"), "{args:?}: {said}");
    }
    let args = [&generate[..], &["protect", "--migration-dir", url]].concat();
    let said = stderr(&scratch.tenants(&args), 1);
    assert!(said.contains("what `--migration-dir` names is not a directory"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn wrong_arguments_exit_with_2() {
    let scratch = Scratch::new().await;
    for args in [
        &[][..],
        &["setup"],
        &["setup", "--login", ""],
        &["setup", "--login", "x", "--isolation", "none"],
        &["setup", "--login", &"x".repeat(64)],
        &["migration", "generate"],
        &["migration", "generate", ""],
        &["migration", "generate", "../up"],
        &["migration", "generate", "a/b"],
        &["migration", "generate", "ü"],
        &["migration", "generate", &"x".repeat(201)],
    ] {
        stderr(&scratch.tenants(args), 2);
    }
    stdout(&scratch.tenants(&["--help"]));
}

#[tokio::test]
async fn tenants_that_cannot_have_a_role_keep_the_shared_one() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let (login, roles) = (scratch.role("login"), scratch.role_args());
    let mut args = vec!["setup", "--isolation", "role-per-tenant", "--login", &login];
    args.extend(roles.iter().map(String::as_str));
    let refused = async |id: &str, remedy: &str| {
        let told = |said: &str| assert!(said.contains(remedy) && !said.contains(id), "{said}");
        scratch.run("login", &format!("SELECT tenants.create_tenant('{id}')")).await;
        told(&stderr(&scratch.tenants(&args), 1));
        let scoped = "SET tenants.tenant = 'b'; SELECT tenants.current_tenant()";
        assert_eq!(scratch.values("login", scoped).await.unwrap(), ["b"]);
        scratch.run("login", &format!("SELECT tenants.delete_tenant('{id}')")).await;
    };
    let own = |part: &str| scratch.role(part);
    refused(&"x".repeat(57), "octet_length(id) > 56").await;
    scratch.superuser(&format!("CREATE ROLE tenant_{}", own("theirs"))).await;
    refused(&own("theirs"), "ALTER ROLE .. RENAME TO").await;
    scratch.superuser(&format!("ALTER ROLE {} NOCREATEROLE", own("owner"))).await;
    let administrator = format!(r#"CALL "tenants"."provision_roles"('{}', '{login}')"#, own("app"));
    refused(&own("none"), &administrator).await;

    // What an administrator is told to run, and then there is nothing to make.
    scratch.run("login", &format!("SELECT tenants.create_tenant('{}')", own("acme"))).await;
    scratch.superuser_here(&administrator).await;
    stdout(&scratch.tenants(&args));
    let scoped = format!(r#"SET ROLE "tenant_{}"; SELECT tenants.current_tenant()"#, own("acme"));
    assert_eq!(scratch.values("login", &scoped).await.unwrap(), [own("acme")]);
}

/// What an owner grants to all functions and tables to come must not reach the list of tenants.
#[tokio::test]
async fn default_privileges_do_not_open_the_list_of_tenants() {
    let scratch = Scratch::new().await;
    let [app, admin, login] = ["app", "admin", "login"].map(|part| scratch.role(part));
    scratch.superuser(&format!("CREATE ROLE {app}; CREATE ROLE {admin}")).await;
    for grantee in [&*app, &*admin, &*login, "PUBLIC"] {
        let defaults = format!(
            "ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO {grantee};
            ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {grantee};
            ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO {grantee}"
        );
        scratch.run("owner", &defaults).await;
    }
    scratch
        .superuser(&format!("GRANT {app}, {admin} TO {0} WITH ADMIN OPTION", scratch.role("owner")))
        .await;
    scratch.set_up(&["--admin-login", &scratch.role("support")]);
    scratch.run("login", "SELECT tenants.create_tenant('a')").await;
    let support = format!("SET ROLE {admin};");
    let scoped = format!("SET ROLE {app};");
    for (part, scope, statements) in [
        (
            "login",
            &*scoped,
            &[
                "SELECT tenants.list_tenants()",
                "SELECT tenants.delete_tenant('a')",
                "SELECT tenants.create_tenant('b')",
                "SELECT tenants.admit('a')",
                "SELECT id FROM tenants.tenant",
                "DELETE FROM tenants.tenant",
                "TRUNCATE tenants.tenant",
                "SELECT count(*) FROM tenants.__diesel_schema_migrations",
                "CREATE TABLE tenants.mine ()",
            ][..],
        ),
        ("support", &*support, &["SELECT tenants.list_tenants()", "DELETE FROM tenants.tenant"]),
        ("login", "", &["SELECT id FROM tenants.tenant", "CREATE TABLE tenants.mine ()"]),
        ("provisioner", "", &["SELECT tenants.list_tenants()", "SELECT id FROM tenants.tenant"]),
    ] {
        for statement in statements {
            let refused = scratch.values(part, &format!("{scope}{statement}")).await;
            let state = refused.unwrap_err();
            assert!(state.starts_with("42501"), "{part}: {statement}: {state}");
        }
    }
    assert_eq!(scratch.values("login", "SELECT tenants.list_tenants()").await.unwrap(), ["a"]);
}

#[tokio::test]
async fn nobody_leaves_temporary_tables_for_later_users_of_a_connection() {
    let scratch = Scratch::new().await;
    let app = scratch.role("app");
    let scoped = format!("SET ROLE {app}; SELECT 1 INTO TEMPORARY posts");
    scratch.set_up(&[]);
    let refused = scratch.values("login", &scoped).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
    // Leaving a scope needs no right to what it discards.
    scratch.run("login", "DISCARD TEMP").await;

    // Who is not the owner of the database cannot take the right away, and is told so.
    let other = scratch.sibling().await;
    other.superuser(&format!("ALTER DATABASE {} OWNER TO postgres", other.database)).await;
    other
        .superuser(&format!(
            "GRANT CREATE ON DATABASE {} TO {}",
            other.database,
            other.role("owner")
        ))
        .await;
    let said = other.set_up(&[]);
    let (_, script) = said.split_once("let its owner run\n\n").unwrap();
    other.superuser_here(script).await;
    assert!(!other.set_up(&[]).contains("Warning"));
    let refused = other.values("login", &scoped).await.unwrap_err();
    assert!(refused.starts_with("42501"), "{refused}");
}
