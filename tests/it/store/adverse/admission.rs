//! Who is refused stays refused, whatever is done to the record, and nobody else reads it.

use tenants_core::store::TenantStatus::{
    Active, Deleted, Deleting, Failed, Provisioning, Suspended,
};
use tenants_diesel::store::{
    Merge, Metadata, StoreError, TenantChanges, TenantStatus, TenantStore, Version,
};

use super::{store, tenant};
use crate::migrations::scratch::Scratch;
use crate::store::places::provisioned;

/// What a pool is told that enters a scope.
async fn admitted(scratch: &Scratch, id: &str) -> Result<(), String> {
    let asked = scratch.values("login", &format!("SELECT tenants.admit('{id}')")).await;
    asked.map(drop).map_err(|refused| refused[..5].to_owned())
}

async fn status(scratch: &Scratch, id: &str) -> String {
    let status = format!("SELECT status FROM tenants.tenant WHERE id = '{id}'");
    scratch.superuser_values(&status).await.remove(0)
}

/// Deletes a tenant by the store and restores it by the function.
#[tokio::test]
async fn who_was_not_served_is_not_served_once_restored() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    for (name, begins, path, restored) in [
        ("suspended", Active, &[Suspended, Deleted][..], "suspended"),
        ("destroyed", Active, &[Deleting, Deleted], "suspended"),
        ("failed", Provisioning, &[Failed, Deleting, Deleted], "suspended"),
        ("again", Active, &[Deleted, Suspended, Deleted], "suspended"),
        ("served", Active, &[Deleted], "active"),
    ] {
        let new = tenant(name).status(begins);
        store.create(&new).await.unwrap();
        for to in path {
            store.transition(&new.id, &TenantStatus::ALL, *to).await.unwrap();
        }
        scratch.run("provisioner", &format!("SELECT tenants.restore_tenant('{name}')")).await;
        assert_eq!(status(&scratch, name).await, restored, "{name}");
        assert_eq!(admitted(&scratch, name).await.is_ok(), restored == "active", "{name}");
    }
}

/// What one deletion has noted does not hold for the next one.
#[tokio::test]
async fn an_earlier_restoration_does_not_lift_a_suspension() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    let restore = "SELECT tenants.restore_tenant('acme')";
    let new = tenant("acme");
    store.create(&new).await.unwrap();
    scratch.run("provisioner", "SELECT tenants.delete_tenant('acme')").await;
    scratch.run("provisioner", restore).await;
    assert_eq!(admitted(&scratch, "acme").await, Ok(()));
    store.transition(&new.id, &[Active], Suspended).await.unwrap();
    store.transition_many(std::slice::from_ref(&new.id), Deleted).await.unwrap();
    scratch.run("provisioner", restore).await;
    assert_eq!(status(&scratch, "acme").await, "suspended");
    // Nor by who writes past both.
    scratch.run("owner", "UPDATE tenants.tenant SET status = 'deleted'").await;
    scratch.run("provisioner", restore).await;
    assert_eq!(admitted(&scratch, "acme").await, Err("TN011".to_owned()));
    // What makes missing tenants does not make it active.
    scratch.run("login", "SELECT tenants.ensure_tenant('acme')").await;
    assert_eq!(status(&scratch, "acme").await, "suspended");
}

#[tokio::test]
async fn an_id_that_was_removed_never_comes_back() {
    let scratch = provisioned().await;
    let store = store(&scratch, 2);
    let secret = Metadata::from_json(r#"{"a": "secret"}"#).unwrap();
    let new = tenant("acme").metadata(secret.clone());
    store.create(&new).await.unwrap();
    let provisioner = scratch.role("provisioner");
    let roles = format!("'{}', '{}'", scratch.role("app"), scratch.role("login"));
    scratch
        .superuser_here(&format!(
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO {provisioner}"
        ))
        .await;
    store.delete(&new.id).await.unwrap();
    let record = "SELECT t::text FROM tenants.tenant AS t";
    let tombstone = scratch.superuser_values(record).await;
    assert!(!tombstone[0].contains("secret"), "{tombstone:?}");

    scratch.run("login", "SELECT tenants.ensure_tenant('acme')").await;
    for (call, refusal) in [
        ("create_tenant('acme')".to_owned(), "TN003"),
        ("restore_tenant('acme')".to_owned(), "TN001"),
        ("delete_tenant('acme')".to_owned(), "TN001"),
        (format!("provision_role('acme', {roles})"), "TN001"),
        (format!("provision_tenant('acme', {roles})"), "TN003"),
        (format!("restore_tenant('acme', {roles})"), "TN001"),
    ] {
        let said = scratch.values("provisioner", &format!("SELECT tenants.{call}")).await;
        assert!(said.clone().unwrap_err().starts_with(refusal), "{call}: {said:?}");
    }
    let first = Version::from_stored(1);
    for version in [first, Version::from_stored(2), Version::from_stored(3)] {
        let updated = store.update(&new.id, version, &TenantChanges::new().name("x")).await;
        assert!(matches!(updated, Err(StoreError::NotFound)), "{updated:?}");
    }
    for to in TenantStatus::ALL {
        let one = store.transition(&new.id, &TenantStatus::ALL, to).await;
        assert!(matches!(one, Err(StoreError::NotFound)), "{one:?}");
        let several = store.transition_many(std::slice::from_ref(&new.id), to).await;
        assert!(matches!(several, Err(StoreError::Several(_))), "{several:?}");
    }
    for mode in [Merge::Shallow, Merge::MergePatch] {
        let merged = store.merge_metadata(&new.id, &secret, mode).await;
        assert!(matches!(merged, Err(StoreError::NotFound)), "{merged:?}");
    }
    assert!(matches!(store.create(&new).await, Err(StoreError::DuplicateId)));
    assert_eq!(admitted(&scratch, "acme").await, Err("TN001".to_owned()), "as if it never was");
    assert_eq!(admitted(&scratch, "nobody").await, Err("TN001".to_owned()));
    assert_eq!(scratch.superuser_values(record).await, tombstone);
}

/// By whatever way a role may come to have rights: its own, everybody's, a column's.
#[tokio::test]
async fn records_are_for_the_provisioner_alone() {
    let scratch = provisioned().await;
    let new = tenant("acme");
    store(&scratch, 1).create(&new).await.unwrap();
    // The runtime and admin role, all logins, and the role of a tenant.
    scratch
        .superuser(&format!("CREATE ROLE {}_x IN ROLE {}", scratch.prefix, scratch.role("app")))
        .await;
    let rights = format!(
        "SELECT concat_ws(' ', r.rolname, p) FROM pg_roles AS r,
            unnest('{{SELECT,INSERT,UPDATE,REFERENCES,DELETE,TRUNCATE,TRIGGER}}'::text[]) AS p
            WHERE starts_with(r.rolname, '{}_') AND r.rolname <> '{}'
            AND CASE WHEN p IN ('DELETE', 'TRUNCATE', 'TRIGGER') THEN has_table_privilege(r.oid, 'tenants.tenant', p)
                ELSE has_any_column_privilege(r.oid, 'tenants.tenant', p) END
            ORDER BY 1",
        scratch.prefix,
        scratch.role("owner")
    );
    let provisioner = scratch.role("provisioner");
    let expected = ["INSERT", "SELECT", "UPDATE"].map(|right| format!("{provisioner} {right}"));
    assert_eq!(scratch.superuser_values(&rights).await, expected);
    let roles = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, current_setting('x.p'))";
    let roles = roles.replace("current_setting('x.p')", &format!("'{}_'", scratch.prefix));
    assert_eq!(scratch.superuser_values(&roles).await.len(), 7);
    // What was gathered about it is shown to who may read it.
    scratch.superuser_here("ANALYZE tenants.tenant").await;
    let gathered =
        "SELECT attname FROM pg_stats WHERE schemaname = 'tenants' AND tablename = 'tenant'";
    assert!(!scratch.superuser_values(gathered).await.is_empty());
    for part in ["login", "support"] {
        assert_eq!(scratch.values(part, gathered).await, Ok(Vec::new()), "{part}");
    }
}
