//! One role per tenant.

use diesel::prelude::*;
use tenants_diesel::{Isolation, ScopeError, TenantId};
use tenants_tests::unique_id;

use super::{assert_refused, builder, insert, isolated_by, raw, text, titles};

#[test]
fn each_tenant_runs_as_its_own_role() {
    let db = isolated_by(Isolation::RolePerTenant);
    let pool = builder(&db).isolation(Isolation::RolePerTenant).max_size(1).build().unwrap();
    let [a, b] = [unique_id(), unique_id()].map(|id| pool.create_tenant(id).unwrap());
    for tenant in [&a, &b] {
        insert(&mut pool.get(tenant).unwrap(), tenant.as_str()).unwrap();
    }
    for tenant in [&a, &b] {
        let mut conn = pool.get(tenant).unwrap();
        assert_eq!(text(&mut conn, "current_user::text"), format!("tenant_{tenant}"));
        assert_eq!(titles(&mut conn).unwrap(), [tenant.as_str()]);
        drop(conn);
        assert_eq!(pool.transaction(tenant, titles).unwrap(), [tenant.as_str()]);
        assert_eq!(pool.read(tenant, titles).unwrap(), [tenant.as_str()]);
    }
    let other = format!("SET ROLE \"tenant_{b}\"");
    let lost = pool.transaction(&a, |conn| raw(conn, &other)).unwrap_err();
    assert_eq!(ScopeError::of(&lost), Some(ScopeError::ScopeLost));
    let mut conn = pool.get(&a).unwrap();
    raw(&mut conn, "RESET ROLE").unwrap();
    assert_refused(titles(&mut conn));
}

#[test]
fn missing_tenants_are_provisioned_if_asked() {
    let db = isolated_by(Isolation::RolePerTenant);
    let pool = builder(&db).isolation(Isolation::RolePerTenant).build().unwrap();
    let unknown = TenantId::try_from(unique_id()).unwrap();
    let error = titles(&mut pool.get(&unknown).unwrap()).unwrap_err();
    assert_eq!(ScopeError::of(&error), Some(ScopeError::UnknownTenant));
    let creating = pool.create_if_missing();
    insert(&mut creating.get(&unknown).unwrap(), "first").unwrap();
    assert_eq!(pool.read(&unknown, titles).unwrap(), ["first"]);
    let another = TenantId::try_from(unique_id()).unwrap();
    let seen: QueryResult<_> = creating.transaction(&another, titles);
    assert_eq!(seen.unwrap(), [""; 0]);
}
