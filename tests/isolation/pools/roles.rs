//! Roles that are not what they seem. What a login may do is in `acceptance/logins.rs`.

use super::*;
use tenants_diesel::{Isolation, LifecycleError};
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
