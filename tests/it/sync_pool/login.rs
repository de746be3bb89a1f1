//! A powerful login that was allowed; what else a pool accepts or refuses is in `acceptance/logins.rs`.

use tenants_diesel::BuildError;
use tenants_diesel::sync::TenantPool;
use tenants_tests::schema::text_registry;
use tenants_tests::unique_id;

use super::{database, insert, raw, run_as, text, titles};

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

/// libpq reads them from the URL alone, where the role of a powerful login has to stand.
#[test]
fn a_powerful_login_leaves_no_room_for_other_options() {
    let url = format!("{}?options=-c%20x.y%3D1", database().url("app_login"));
    let builder = || TenantPool::builder(&url).registry(text_registry());
    assert!(builder().build().is_ok());
    let refused = builder().allow_powerful_login().build();
    assert!(matches!(refused, Err(BuildError::OptionsTaken)), "{refused:?}");
}
