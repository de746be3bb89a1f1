//! Roles that are not what they seem, and ids that name the same tenant.

use super::*;
use tenants_diesel::{Identifier, Isolation, LifecycleError, Roles};
use tenants_tests::unique_id;

#[tokio::test]
async fn a_role_with_rights_of_its_own_is_not_taken_for_a_tenants() {
    for right in [
        "ALTER TABLE posts OWNER TO",
        "GRANT SELECT ON plans TO",
        "GRANT CREATE ON SCHEMA public TO",
    ] {
        let db = Database::isolated_by(Isolation::RolePerTenant).await;
        let id = unique_id();
        db.run("postgres", &format!("CREATE ROLE tenant_{id} NOLOGIN; {right} tenant_{id}")).await;
        let created = db.pool().await.create_tenant(id.as_str()).await;
        assert!(matches!(created, Err(LifecycleError::UnfitRole)), "{right}: {created:?}");
    }
}

#[tokio::test]
async fn a_role_that_somebody_else_may_become_is_not_taken_for_a_tenants() {
    let db = Database::isolated_by(Isolation::RolePerTenant).await;
    let id = unique_id();
    db.run(
        "postgres",
        &format!("CREATE ROLE tenant_{id} NOLOGIN; CREATE ROLE u{id} LOGIN IN ROLE tenant_{id}"),
    )
    .await;
    let created = db.pool().await.create_tenant(id.as_str()).await;
    assert!(matches!(created, Err(LifecycleError::UnfitRole)), "{created:?}");
}

#[tokio::test]
async fn no_tenants_role_is_the_admin_role_or_the_runtime_role() {
    let db = Database::isolated_by(Isolation::RolePerTenant).await;
    let id = unique_id();
    let (app, admin) = (format!("tenant_{id}app"), format!("tenant_{id}admin"));
    db.run(
        "postgres",
        &format!(
            "CREATE ROLE {app}; CREATE ROLE {admin}; GRANT {app} TO app_login; GRANT {admin} TO admin_login;
             GRANT {app} TO provisioner WITH ADMIN OPTION; GRANT USAGE ON SCHEMA tenants TO {app}, {admin};
             CREATE POLICY admin_{id} ON posts TO {admin} USING (true) WITH CHECK (true);
             GRANT SELECT, INSERT, UPDATE, DELETE ON posts TO {app}, {admin}"
        ),
    )
    .await;
    let identifier = |name: &str| Identifier::new(name).unwrap();
    let roles = Roles { app: identifier(&app), admin: identifier(&admin) };
    let Ok(pool) = db.builder().roles(roles).build().await else { return };
    let victim = pool.create_tenant(unique_id()).await.unwrap();
    post(&mut pool.get(&victim).await.unwrap(), "of the victim").await.unwrap();
    if let Ok(tenant) = pool.create_tenant(format!("{id}admin")).await {
        let mut conn = pool.get(&tenant).await.unwrap();
        assert_eq!(all_posts(&mut conn).await, Ok(vec![]), "the tenant is the admin role");
    }
}

#[tokio::test]
async fn the_runtime_role_may_have_any_name() {
    let db = Database::isolated_by(Isolation::RolePerTenant).await;
    let app = format!("My App {}", unique_id());
    db.run(
        "postgres",
        &format!(
            "CREATE ROLE \"{app}\"; GRANT \"{app}\" TO app_login; GRANT USAGE ON SCHEMA tenants TO \"{app}\";
             GRANT \"{app}\" TO provisioner WITH ADMIN OPTION; REVOKE ALL ON posts, plans FROM tenants_app"
        ),
    )
    .await;
    let roles = Roles { app: Identifier::new(app).unwrap(), ..Roles::default() };
    let pool = db.builder().roles(roles).build().await.unwrap();
    pool.create_tenant(unique_id()).await.unwrap();
}

/// A login and a runtime role of this test, so that no other test suffers.
async fn own_roles(db: &Database, app_options: &str) -> (String, Roles) {
    let id = unique_id();
    db.run(
        "postgres",
        &format!(
            "CREATE ROLE app_{id} NOLOGIN {app_options}; CREATE ROLE login_{id} LOGIN NOINHERIT IN ROLE app_{id};
             GRANT USAGE ON SCHEMA tenants TO login_{id}, app_{id};
             GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO login_{id};
             GRANT SELECT, INSERT, UPDATE, DELETE ON posts TO app_{id}"
        ),
    )
    .await;
    let roles = Roles { app: Identifier::new(format!("app_{id}")).unwrap(), ..Roles::default() };
    (format!("login_{id}"), roles)
}

async fn builds(db: &Database, login: &str, roles: Roles) -> bool {
    let builder = TenantPool::builder(db.url(login)).registry(text_registry()).roles(roles);
    builder.build().await.is_ok()
}

#[tokio::test]
async fn a_runtime_role_that_no_policy_binds_is_refused() {
    for options in ["BYPASSRLS", "SUPERUSER", "CREATEROLE"] {
        let db = Database::new().await;
        let (login, roles) = own_roles(&db, options).await;
        assert!(!builds(&db, &login, roles).await, "a runtime role with {options}");
    }
}

#[tokio::test]
async fn a_login_that_may_become_a_powerful_role_is_refused() {
    for options in ["BYPASSRLS", "SUPERUSER", "CREATEROLE"] {
        let db = Database::new().await;
        let (login, roles) = own_roles(&db, "").await;
        db.run(
            "postgres",
            &format!("CREATE ROLE p_{login} NOLOGIN {options}; GRANT p_{login} TO {login}"),
        )
        .await;
        assert!(!builds(&db, &login, roles).await, "a member of a role with {options}");
    }
}

#[tokio::test]
async fn a_login_that_owns_what_policies_call_is_refused() {
    for object in [
        "FUNCTION tenants.current_tenant()",
        "SCHEMA tenants",
        "TABLE tenants.tenant",
        "SCHEMA public",
    ] {
        let db = Database::new().await;
        let (login, roles) = own_roles(&db, "").await;
        db.run("postgres", &format!("ALTER {object} OWNER TO {login}")).await;
        assert!(!builds(&db, &login, roles).await, "the owner of {object}");
    }
}

#[tokio::test]
async fn a_runtime_role_that_may_create_in_a_schema_is_refused() {
    // The default up to PostgreSQL 14, which databases keep when they are upgraded.
    let db = Database::new().await;
    let (login, roles) = own_roles(&db, "").await;
    assert!(builds(&db, &login, roles.clone()).await);
    db.run("postgres", "GRANT CREATE ON SCHEMA public TO PUBLIC").await;
    assert!(!builds(&db, &login, roles).await, "one tenant's functions run for the others");
}

#[tokio::test]
async fn a_login_that_does_not_start_as_itself_is_refused() {
    let db = Database::new().await;
    let (login, roles) = own_roles(&db, "").await;
    db.run("postgres", &format!("ALTER ROLE {login} SET role = '{}'", roles.app.as_str())).await;
    assert!(!builds(&db, &login, roles).await, "`RESET ROLE` would not park");
}
