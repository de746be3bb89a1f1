//! What was deleted and comes back.

use tenants_diesel::TenantId;
use tenants_diesel::store::{NewTenant, TenantStatus, TenantStore};
use tenants_tests::Database;

use super::places;

/// Whoever deletes through the store and restores through a pool serves nobody who was suspended.
#[tokio::test]
async fn who_was_suspended_when_a_store_deleted_it_is_not_served_again() {
    let database = Database::new().await;
    let pool = database.pool().await;
    let store = places::postgres_at(database.url("provisioner"), 2);
    let suspended = [TenantStatus::Suspended];
    for (name, deletes_many) in [("one", false), ("many", true)] {
        let id = TenantId::try_from(name).unwrap();
        store.create(&NewTenant::new(id.clone(), name.parse().unwrap())).await.unwrap();
        store.transition(&id, &[TenantStatus::Active], TenantStatus::Suspended).await.unwrap();
        if deletes_many {
            store.transition_many(std::slice::from_ref(&id), TenantStatus::Deleted).await.unwrap();
        } else {
            store.transition(&id, &suspended, TenantStatus::Deleted).await.unwrap();
        }
        pool.restore_tenant(id.clone()).await.unwrap();
        assert_eq!(store.get(&id).await.unwrap().status, TenantStatus::Suspended, "{name}");
        // One that was served is served again, whatever it was before.
        store.transition(&id, &suspended, TenantStatus::Active).await.unwrap();
        store.transition(&id, &[TenantStatus::Active], TenantStatus::Deleted).await.unwrap();
        pool.restore_tenant(id.clone()).await.unwrap();
        assert_eq!(store.get(&id).await.unwrap().status, TenantStatus::Active, "{name}");
    }
}
