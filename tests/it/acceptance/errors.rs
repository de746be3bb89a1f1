//! Each error that a user can meet has a type, and tells no secret.

use std::error::Error;
use std::time::Duration;

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_diesel::{
    Admission, BuildError, CheckoutError, Identifier, Isolation, LifecycleError, LoginProblem,
    Pooler, Roles, ScopeError, TenantId,
};
use tenants_tests::schema::{posts, text_registry};
use tenants_tests::{SUPERUSER, unique_id};

use super::world::World;
use super::{Connection, RunQueryDsl, SimpleConnection, TenantConnection, TenantPool, builder};

async fn settings_that_contradict_each_other_are_refused(world: &World) {
    let pool = || builder(&world.database);
    let refused = pool().max_size(0).build().await;
    assert!(matches!(refused, Err(BuildError::NoConnections)), "{refused:?}");
    let refused = pool().max_size(usize::MAX).build().await;
    let many = matches!(refused, Err(BuildError::TooManyConnections { max: 262_143 }));
    assert!(many, "{refused:?}");
    let refused = pool().wait_timeout(Duration::ZERO).build().await;
    let zero = matches!(refused, Err(BuildError::ZeroTimeout { setting: "wait_timeout" }));
    assert!(zero, "{refused:?}");
    // Without it, it is 30 seconds.
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("leave it out for its default"), "{said}");
    // As long as can be said is for ever, and no panic.
    let patient = pool().wait_timeout(Duration::MAX).build().await.unwrap();
    let seen = patient.read(&world.a, async |conn| posts::table.count().get_result(conn).await);
    assert_eq!(seen.await, QueryResult::<i64>::Ok(2));
    let refused = pool().allow_powerful_login().pooler(Pooler::Transaction).build().await;
    assert!(matches!(refused, Err(BuildError::PowerfulBehindPooler)), "{refused:?}");
    let creating = TenantPool::builder(world.database.url("app_login"))
        .isolation(Isolation::RolePerTenant)
        .admission(Admission::CreateIfMissing);
    let refused = creating.build().await;
    assert!(matches!(refused, Err(BuildError::NoProvisioningUrl)), "{refused:?}");
}

/// With one role per tenant, a tenant could be created whose role is this one.
async fn a_role_that_is_named_like_a_tenants_is_refused(world: &World) {
    let name = Identifier::new("tenant_x").unwrap();
    for roles in [
        Roles { app: name.clone(), ..Roles::default() },
        Roles { admin: name.clone(), ..Roles::default() },
    ] {
        let refused = builder(&world.database).roles(roles).build().await.unwrap_err();
        let found = match &refused {
            BuildError::RoleNamedLikeTenant { role } => (Isolation::RolePerTenant, role),
            // A name like any other: but there is no such role.
            BuildError::Login(LoginProblem::NotAMember { role, .. }) => {
                (Isolation::SharedRole, role)
            }
            _ => panic!("{refused:?}"),
        };
        assert_eq!(found, (world.database.isolation(), &"tenant_x".to_owned()));
    }
}

async fn what_is_no_url_is_refused_and_not_shown(world: &World) {
    let wrong = "mysql:/app:s3cret@[shop";
    for (refused, which) in [
        (TenantPool::builder(wrong).registry(text_registry()).build().await, "database URL"),
        (builder(&world.database).admin_url(wrong).build().await, "admin URL"),
        (builder(&world.database).provisioning_url(wrong).build().await, "provisioning URL"),
    ] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, BuildError::Url { which: found } if found == which));
        assert_silent(&refused, &["s3cret", "shop", "mysql"]);
    }
}

async fn a_server_that_does_not_answer_is_an_error_without_secrets(world: &World) {
    let url = "postgres://app_login:s3cret@127.0.0.1:1/shop";
    let refused = TenantPool::builder(url).registry(text_registry()).build().await.unwrap_err();
    assert!(matches!(refused, BuildError::Connect(_)), "{refused:?}");
    assert_silent(&refused, &["s3cret", "postgres://", "shop"]);
    let url = world.database.url("app_login").replace("app_login@", "nobody:s3cret@");
    let refused = TenantPool::builder(url).registry(text_registry()).build().await.unwrap_err();
    assert!(matches!(refused, BuildError::Connect(_)), "{refused:?}");
    assert_silent(&refused, &["s3cret", "postgres://"]);
    for admin in [true, false] {
        let url = "postgres://app_login:s3cret@127.0.0.1:1/shop";
        let side = builder(&world.database);
        let side = if admin { side.admin_url(url) } else { side.provisioning_url(url) };
        let refused = side.build().await.unwrap_err();
        assert!(matches!(refused, BuildError::Connect(_)), "{refused:?}");
        assert_silent(&refused, &["s3cret", "postgres://", "shop"]);
    }
}

async fn a_catalog_that_cannot_be_read_is_an_error(world: &World) {
    let hide = "REVOKE SELECT ON pg_catalog.pg_roles FROM PUBLIC";
    world.database.run(SUPERUSER, hide).await;
    let refused = builder(&world.database).build().await;
    assert!(matches!(refused, Err(BuildError::Inspect(_))), "{refused:?}");
}

async fn a_server_that_went_away_is_a_checkout_error(world: &World) {
    let login = world.database.runtime_login().await;
    let pool = TenantPool::builder(world.database.url(&login))
        .registry(text_registry())
        .isolation(world.database.isolation())
        .max_size(MAX_SIZE)
        .wait_timeout(Duration::from_millis(100))
        .build()
        .await
        .unwrap();
    // Committed, before any session is ended: whoever connects from here on is refused.
    world.database.run(SUPERUSER, &format!("ALTER ROLE {login} NOLOGIN")).await;
    let checkout = |error: LifecycleError| match error {
        LifecycleError::Checkout(cause) => Some(*cause),
        _ => None,
    };
    let last =
        until_refused(world, &login, async || pool.list_tenants().await.err().and_then(checkout));
    let last = last.await;
    assert!(matches!(last, CheckoutError::Connect(_)), "{last:?}");
    assert_silent(&last, &["postgres://"]);
    let refused = until_refused(world, &login, async || {
        let refused = pool.read(&world.a, async |_| QueryResult::Ok(())).await.err()?;
        CheckoutError::of(&refused).is_some().then_some(refused)
    });
    let refused = refused.await;
    assert!(matches!(CheckoutError::of(&refused), Some(CheckoutError::Connect(_))), "{refused:?}");
}

/// Connections of the pool whose login is locked out.
const MAX_SIZE: usize = 4;

/// Ends all sessions of a login that is locked out and calls, until the call finds no connection.
///
/// A session that was being opened when the login was locked out is seen later, and serves one
/// call. And a call may fail with the connection that it got. There are as many of either as the
/// pool has connections, at most.
async fn until_refused<E>(world: &World, login: &str, call: impl AsyncFn() -> Option<E>) -> E {
    let end = format!(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{login}'"
    );
    for _ in 0..=2 * MAX_SIZE {
        world.database.run(SUPERUSER, &end).await;
        if let Some(refused) = call().await {
            return refused;
        }
    }
    panic!("a login that is locked out still gets connections");
}

async fn a_pool_whose_connections_are_in_use_times_out(world: &World) {
    let pool = builder(&world.database).max_size(1).wait_timeout(Duration::from_millis(1));
    let pool = pool.build().await.unwrap();
    let held = pool.get(&world.a).await.unwrap();
    let refused = pool.get(&world.b).await;
    assert!(matches!(refused, Err(CheckoutError::Timeout)), "{refused:?}");
    let refused = pool.transaction(&world.b, async |_| QueryResult::Ok(())).await.unwrap_err();
    assert!(matches!(CheckoutError::of(&refused), Some(CheckoutError::Timeout)), "{refused:?}");
    drop(held);
    assert!(pool.get(&world.b).await.is_ok());
}

async fn behind_a_transaction_pooler_there_are_no_session_scopes(world: &World) {
    let pool = builder(&world.database).pooler(Pooler::Transaction).build().await.unwrap();
    let refused = pool.get(&world.a).await;
    assert!(matches!(refused, Err(CheckoutError::SessionBehindPooler)), "{refused:?}");
    let refused = pool.admin("export").await;
    assert!(matches!(refused, Err(CheckoutError::SessionBehindPooler)), "{refused:?}");
    let seen = pool.transaction(&world.a, async |conn| posts::table.count().get_result(conn).await);
    assert_eq!(seen.await, QueryResult::<i64>::Ok(2));
}

/// Whatever SQL is injected there, the login of requests administers no tenants once another one does.
async fn what_is_for_the_provisioning_login_is_denied_to_the_runtime_login(world: &World) {
    let pool = without_provisioning(world).await;
    let is_denied = |result: Result<(), LifecycleError>| {
        let denied = matches!(result, Err(LifecycleError::Denied));
        assert!(denied, "{result:?}");
        assert_silent(&result.unwrap_err(), &["postgres://", world.a.as_str()]);
    };
    is_denied(pool.list_tenants().await.map(drop));
    is_denied(pool.delete_tenant(&world.a).await);
    if world.database.isolation() == Isolation::SharedRole {
        is_denied(pool.create_tenant(unique_id()).await.map(drop));
        is_denied(pool.restore_tenant(&world.a).await.map(drop));
        // It asks, and creates what is missing on the way into a scope.
        let tenant = TenantId::try_from(unique_id()).unwrap();
        drop(pool.create_if_missing().get(&tenant).await.unwrap());
        assert!(!pool.tenant_exists(&tenant).await.unwrap());
        let count = async |conn: &mut TenantConnection| posts::table.count().get_result(conn).await;
        assert_eq!(pool.create_if_missing().read(&tenant, count).await, QueryResult::<i64>::Ok(0));
        assert!(pool.tenant_exists(&tenant).await.unwrap());
    }
    assert!(pool.tenant_exists(&world.a).await.unwrap());
    assert!(world.pool.list_tenants().await.unwrap().contains(&world.a));
}

async fn without_provisioning(world: &World) -> TenantPool {
    let pool = TenantPool::builder(world.database.url("app_login"))
        .registry(text_registry())
        .isolation(world.database.isolation());
    pool.build().await.unwrap()
}

async fn without_a_provisioning_login_roles_cannot_be_made(world: &World) {
    world.database.unprovisioned().await;
    let pool = without_provisioning(world).await;
    let tenant = TenantId::try_from(unique_id()).unwrap();
    let created = pool.create_tenant(&tenant).await;
    let entered = pool.create_if_missing().get(&tenant).await;
    let provisioned = pool.provision_role(&world.a).await;
    let missing = matches!(provisioned, Err(LifecycleError::NoProvisioningUrl));
    assert!(missing, "{provisioned:?}");
    pool.delete_tenant(&world.a).await.unwrap();
    let restored = pool.restore_tenant(&world.a).await;
    if world.database.isolation() == Isolation::SharedRole {
        assert!(created.is_ok() && entered.is_ok() && restored.is_ok());
        return;
    }
    assert!(matches!(restored, Err(LifecycleError::NoProvisioningUrl)), "{restored:?}");
    assert!(!pool.tenant_exists(&world.a).await.unwrap());
    assert!(matches!(created, Err(LifecycleError::NoProvisioningUrl)), "{created:?}");
    let Err(CheckoutError::CreateTenant(cause)) = entered else { panic!("{entered:?}") };
    assert!(matches!(*cause, LifecycleError::NoProvisioningUrl), "{cause:?}");
    assert_silent(&*cause, &[tenant.as_str()]);
}

async fn what_else_the_database_refuses_is_passed_on(world: &World) {
    world.database.run("owner", "DROP FUNCTION tenants.create_tenant(text)").await;
    let refused = world.pool.create_tenant(unique_id()).await;
    assert!(matches!(refused, Err(LifecycleError::Database(_))), "{refused:?}");
}

async fn a_scoped_connection_refuses_batches(world: &World) {
    let mut conn = world.pool.get(&world.a).await.unwrap();
    for batch in ["SELECT 1", "BEGIN", "RESET ROLE; SELECT 1", ""] {
        let refused = conn.batch_execute(batch).await.unwrap_err();
        assert_eq!(ScopeError::of(&refused), Some(ScopeError::BatchRefused));
    }
    let mut admin = world.pool.admin("export").await.unwrap();
    let refused = admin.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::BatchRefused));
    assert_eq!(posts::table.count().get_result::<i64>(&mut conn).await, Ok(2));
}

/// Constructing one alone ends in an error that says where they come from, and in no panic.
async fn a23_a_scoped_connection_comes_from_a_pool_alone(world: &World) {
    let refused = TenantConnection::establish(&world.database.url("app_login")).await;
    let Err(ConnectionError::BadConnection(said)) = refused else { panic!("it is established") };
    assert_eq!(said, ScopeError::NotFromPool.to_string());
}

async fn a_changed_role_or_tenant_is_noticed_before_the_commit(world: &World) {
    let other = match world.database.isolation() {
        Isolation::SharedRole => format!("SET tenants.tenant = {}", world.b.literal()),
        Isolation::RolePerTenant => format!("SET ROLE {}", world.b.role().unwrap()),
    };
    for change in ["SET LOCAL ROLE NONE", "RESET ROLE", "SET SESSION ROLE NONE", &other] {
        let lost = world.pool.transaction(&world.a, async |conn| {
            let row = posts::title.eq("lost");
            diesel::insert_into(posts::table).values(row).execute(conn).await?;
            diesel::sql_query(change).execute(conn).await
        });
        let lost = lost.await.unwrap_err();
        assert_eq!(ScopeError::of(&lost), Some(ScopeError::ScopeLost), "after {change}");
        world.ensure_untouched(&world.a).await.unwrap();
    }
}

/// Diesel would not know, and report as committed what was rolled back.
async fn raw_transaction_control_is_refused_and_loses_nothing(world: &World) {
    let control = ["BEGIN", "commit", "/* a */ ROLLBACK AND CHAIN", "PREPARE TRANSACTION 'x'"];
    let insert =
        |title: &'static str| diesel::insert_into(posts::table).values(posts::title.eq(title));
    let stored = world.pool.transaction(&world.a, async |conn| {
        insert("kept").execute(conn).await?;
        for sql in control {
            let refused = diesel::sql_query(sql).execute(conn).await.unwrap_err();
            assert_eq!(ScopeError::of(&refused), Some(ScopeError::TransactionControl), "{sql}");
        }
        diesel::sql_query("SAVEPOINT raw").execute(conn).await?;
        insert("undone").execute(conn).await?;
        diesel::sql_query("ROLLBACK TO raw").execute(conn).await
    });
    stored.await.unwrap();
    let mut conn = world.pool.get(&world.a).await.unwrap();
    for sql in control {
        let refused = diesel::sql_query(sql).execute(&mut conn).await.unwrap_err();
        assert_eq!(ScopeError::of(&refused), Some(ScopeError::TransactionControl), "{sql}");
    }
    let titles = posts::table.select(posts::title).load::<String>(&mut conn).await.unwrap();
    assert!(titles.contains(&"kept".to_owned()) && !titles.contains(&"undone".to_owned()));
}

/// Ids are personal data in many applications, and errors go to logs.
async fn errors_do_not_name_tenants(world: &World) {
    let unknown = TenantId::try_from(unique_id()).unwrap();
    let secret = [unknown.as_str(), world.a.as_str(), world.b.as_str()];
    world.pool.delete_tenant(&world.b).await.unwrap();
    let errors: [Box<dyn Error>; 6] = [
        world.pool.delete_tenant(&unknown).await.unwrap_err().into(),
        world.pool.create_tenant(&world.a).await.unwrap_err().into(),
        world.pool.create_tenant(&world.b).await.unwrap_err().into(),
        world.pool.restore_tenant(&world.a).await.unwrap_err().into(),
        read(&world.pool, &unknown).await.unwrap_err().into(),
        read(&world.pool, &world.b).await.unwrap_err().into(),
    ];
    for error in errors {
        assert_silent(&*error, &secret);
    }
}

/// The server's own text names the role that is missing, or that the login may not become.
async fn errors_do_not_name_the_role_of_a_tenant(world: &World) {
    let unchecked = builder(&world.database).admission(Admission::Off).build().await.unwrap();
    let unknown = TenantId::try_from(unique_id()).unwrap();
    if world.database.isolation() == Isolation::SharedRole {
        assert_eq!(read(&unchecked, &unknown).await, Ok(0));
        return;
    }
    let [a, b] = [&world.a, &world.b].map(|tenant| tenant.role().unwrap());
    world.database.run("provisioner", &format!("REVOKE {a} FROM app_login; DROP ROLE {b}")).await;
    let cases = [
        (&unchecked, &unknown),
        (&unchecked, &world.a),
        (&unchecked, &world.b),
        (&world.pool, &world.a),
        (&world.pool, &world.b),
    ];
    for (pool, tenant) in cases {
        let mut conn = pool.get(tenant).await.unwrap();
        let written = pool.transaction(tenant, async |conn| {
            diesel::insert_into(posts::table).values(posts::title.eq("x")).execute(conn).await
        });
        let refusals = [
            read(pool, tenant).await.unwrap_err(),
            written.await.unwrap_err(),
            posts::table.count().get_result::<i64>(&mut conn).await.unwrap_err(),
        ];
        for refused in refusals {
            assert_eq!(ScopeError::of(&refused), Some(ScopeError::NoTenantRole));
            assert_silent(&refused, &[tenant.as_str()]);
            assert!(refused.to_string().contains("`provision_role`"), "{refused}");
        }
    }
}

/// What the server says of something else is passed on.
async fn a_scope_that_fails_for_another_reason_tells_it(world: &World) {
    let broken = "
        CREATE OR REPLACE FUNCTION tenants.admit(tenant text) RETURNS void LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'out of ink'; END $$";
    world.database.run("owner", broken).await;
    let refused = read(&world.pool, &world.a).await.unwrap_err();
    let DieselError::DatabaseError(_, said) = &refused else { panic!("{refused:?}") };
    assert_eq!(said.message(), "out of ink");
}

async fn read(pool: &TenantPool, tenant: &TenantId) -> Result<i64, DieselError> {
    pool.read(tenant, async |conn| posts::table.count().get_result(conn).await).await
}

/// Sees that neither an error nor any of its causes shows one of these.
fn assert_silent(error: &(dyn Error + 'static), secrets: &[&str]) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        for said in [error.to_string(), format!("{error:?}")] {
            for secret in secrets {
                assert!(!said.contains(secret), "{said}");
            }
        }
        cause = error.source();
    }
}

in_both_modes![
    settings_that_contradict_each_other_are_refused,
    a_role_that_is_named_like_a_tenants_is_refused,
    what_is_no_url_is_refused_and_not_shown,
    a_server_that_does_not_answer_is_an_error_without_secrets,
    a_catalog_that_cannot_be_read_is_an_error,
    a_server_that_went_away_is_a_checkout_error,
    a_pool_whose_connections_are_in_use_times_out,
    behind_a_transaction_pooler_there_are_no_session_scopes,
    what_is_for_the_provisioning_login_is_denied_to_the_runtime_login,
    without_a_provisioning_login_roles_cannot_be_made,
    what_else_the_database_refuses_is_passed_on,
    a_scoped_connection_refuses_batches,
    a23_a_scoped_connection_comes_from_a_pool_alone,
    a_changed_role_or_tenant_is_noticed_before_the_commit,
    raw_transaction_control_is_refused_and_loses_nothing,
    errors_do_not_name_tenants,
    errors_do_not_name_the_role_of_a_tenant,
    a_scope_that_fails_for_another_reason_tells_it,
];
