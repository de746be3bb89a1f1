//! The logins that a pool accepts.

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use tenants_diesel::sync::TenantPool;
use tenants_diesel::{BuildError, Isolation, LoginProblem, Pooler};
use tenants_tests::schema::*;
use tenants_tests::{Database, unique_id};

use super::{database, insert, raw, run_as, text, titles};

#[track_caller]
fn problem(db: &Database, login: &str) -> LoginProblem {
    let built = TenantPool::builder(db.url(login)).registry(text_registry()).build();
    match built.unwrap_err() {
        BuildError::Login(problem) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_powerful_login_is_refused() {
    let db = database();
    let bypassing = unique_id();
    run_as(
        &db,
        "postgres",
        &format!("CREATE ROLE {bypassing} LOGIN BYPASSRLS; GRANT tenants_app TO {bypassing}"),
    );
    assert!(matches!(problem(&db, "postgres"), LoginProblem::Unbound { .. }));
    assert!(matches!(problem(&db, &bypassing), LoginProblem::Unbound { .. }));
    assert!(matches!(problem(&db, "owner"), LoginProblem::Owner { .. }));
    assert!(matches!(problem(&db, "provisioner"), LoginProblem::CreatesRoles { .. }));
    assert!(matches!(problem(&db, "admin_login"), LoginProblem::ReachesAdmin { .. }));
    run_as(&db, "postgres", &format!("DROP ROLE {bypassing}"));
}

#[test]
fn side_logins_are_checked() {
    let db = database();
    let builder = || TenantPool::builder(db.url("app_login")).registry(text_registry());
    let admin = builder().admin_url(db.url("app_login")).build().unwrap_err();
    assert!(matches!(admin, BuildError::Login(LoginProblem::NotAMember { .. })));
    let provisioning = builder().provisioning_url(db.url("app_login")).build().unwrap_err();
    assert!(matches!(provisioning, BuildError::Login(LoginProblem::CannotProvision { .. })));
}

#[test]
fn an_allowed_powerful_login_shows_no_rows_out_of_scope() {
    let db = database();
    let bypassing = unique_id();
    run_as(
        &db,
        "postgres",
        &format!(
            "CREATE ROLE {bypassing} LOGIN BYPASSRLS CREATEROLE; GRANT tenants_app TO {bypassing}; \
             GRANT USAGE ON SCHEMA tenants TO {bypassing}; \
             GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO {bypassing}"
        ),
    );
    for login in ["postgres", &bypassing] {
        let pool = TenantPool::builder(db.url(login))
            .registry(text_registry())
            .allow_powerful_login()
            .max_size(1)
            .build()
            .unwrap();
        let a = pool.create_tenant(format!("{login}-a")).unwrap();
        let b = pool.create_tenant(format!("{login}-b")).unwrap();
        for tenant in [&a, &b] {
            insert(&mut pool.get(tenant).unwrap(), tenant.as_str()).unwrap();
        }
        let mut conn = pool.get(&a).unwrap();
        assert_eq!(text(&mut conn, "current_user::text"), "tenants_app");
        assert_eq!(titles(&mut conn).unwrap(), [a.as_str()]);
        raw(&mut conn, "RESET ROLE").unwrap();
        raw(&mut conn, "RESET tenants.tenant").unwrap();
        assert_eq!(text(&mut conn, "current_user::text"), "tenants_app");
        assert_eq!(titles(&mut conn).unwrap(), [""; 0]);
        drop(conn);
        assert_eq!(pool.transaction(&b, titles).unwrap(), [b.as_str()]);
        let creating = pool.create_if_missing();
        let c = format!("{login}-c").try_into().unwrap();
        assert_eq!(creating.read(&c, titles).unwrap(), [""; 0]);
        pool.delete_tenant(&c).unwrap();
        assert!(pool.list_tenants().unwrap().contains(&a));
    }
}

#[test]
fn an_existing_pool_of_a_powerful_login_must_start_as_the_runtime_role() {
    let db = database();
    let build = |url: String| {
        let manager = ConnectionManager::<PgConnection>::new(url);
        let existing = Pool::builder().max_size(1).build(manager).unwrap();
        TenantPool::from_pool(existing).registry(text_registry()).allow_powerful_login().build()
    };
    let born = build(db.url("postgres")).unwrap_err();
    assert!(matches!(born, BuildError::Login(LoginProblem::BornPowerful { .. })));
    let pool = build(format!("{}?options=-c%20role%3Dtenants_app", db.url("postgres"))).unwrap();
    let a = pool.create_tenant("a").unwrap();
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), [""; 0]);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let db = database();
    let url = db.url("app_login");
    let builder = || TenantPool::builder(&url).registry(text_registry());
    assert!(matches!(builder().max_size(0).build(), Err(BuildError::NoConnections)));
    let no_time = builder().wait_timeout(std::time::Duration::ZERO).build();
    assert!(matches!(no_time, Err(BuildError::ZeroTimeout { setting: "wait_timeout" })));
    let behind_pooler = builder().allow_powerful_login().pooler(Pooler::Transaction).build();
    assert!(matches!(behind_pooler, Err(BuildError::PowerfulBehindPooler)));
    let taken = TenantPool::builder(format!("{url}?options=-c%20x.y%3D1"));
    let taken = taken.registry(text_registry()).allow_powerful_login().build();
    assert!(matches!(taken, Err(BuildError::OptionsTaken)));
    let other = builder().isolation(Isolation::RolePerTenant).build();
    assert!(matches!(other, Err(BuildError::Login(LoginProblem::OtherIsolation { .. }))));
}
