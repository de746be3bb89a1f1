//! Creating and deleting tenants.

use std::thread;

use diesel::prelude::*;
use tenants_diesel::sync::TenantPool;
use tenants_diesel::{Isolation, LifecycleError, TenantId, TenantIdError};
use tenants_tests::schema::*;
use tenants_tests::{Database, unique_id};

use super::{builder, database, insert, isolated_by, titles};

fn create_in_parallel(pool: &TenantPool, ids: &[String]) -> (usize, usize) {
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            ids.iter().map(|id| scope.spawn(|| pool.create_tenant(id.as_str()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let created = results.iter().filter(|result| result.is_ok()).count();
    let existing = results
        .iter()
        .filter(|result| matches!(result, Err(LifecycleError::AlreadyExists)))
        .count();
    assert_eq!(created + existing, results.len(), "{results:?}");
    (created, existing)
}

fn parallel_creates(db: &Database, isolation: Isolation) {
    let pool = builder(db).isolation(isolation).build().unwrap();
    let same = vec![unique_id(); 20];
    assert_eq!(create_in_parallel(&pool, &same), (1, 19));
    let different: Vec<String> = (0..20).map(|_| unique_id()).collect();
    assert_eq!(create_in_parallel(&pool, &different), (20, 0));
    assert_eq!(pool.list_tenants().unwrap().len(), 21);
    for id in different.iter().chain(&same[..1]) {
        let tenant = TenantId::try_from(id.as_str()).unwrap();
        insert(&mut pool.get(&tenant).unwrap(), id).unwrap();
        assert_eq!(titles(&mut pool.get(&tenant).unwrap()).unwrap(), [id.as_str()]);
    }
}

#[test]
fn parallel_creates_with_a_shared_role() {
    parallel_creates(&database(), Isolation::SharedRole);
}

#[test]
fn parallel_creates_with_a_role_per_tenant() {
    parallel_creates(&isolated_by(Isolation::RolePerTenant), Isolation::RolePerTenant);
}

#[test]
fn a_tenant_lives_and_dies_and_comes_back_with_its_rows() {
    let pool = builder(&database()).build().unwrap();
    let a = pool.create_tenant("a").unwrap();
    insert(&mut pool.get(&a).unwrap(), "kept").unwrap();
    assert!(pool.tenant_exists(&a).unwrap());
    assert!(matches!(pool.create_tenant("a"), Err(LifecycleError::AlreadyExists)));
    assert!(matches!(pool.restore_tenant("a"), Err(LifecycleError::AlreadyExists)));

    pool.delete_tenant(&a).unwrap();
    assert!(!pool.tenant_exists(&a).unwrap());
    assert_eq!(pool.list_tenants().unwrap(), []);
    assert!(matches!(pool.delete_tenant(&a), Err(LifecycleError::NotFound)));
    assert!(matches!(pool.create_tenant("a"), Err(LifecycleError::TenantDeleted)));

    assert_eq!(pool.restore_tenant("a").unwrap(), a);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["kept"]);
    assert!(matches!(pool.delete_tenant("never"), Err(LifecycleError::NotFound)));
    assert!(matches!(pool.restore_tenant("never"), Err(LifecycleError::NotFound)));
}

#[test]
fn ids_that_fit_no_tenant_column_are_refused() {
    let db = database();
    let pool = builder(&db).registry(number_registry()).build().unwrap();
    let seven = pool.create_tenant(7).unwrap();
    let refused = pool.create_tenant("007").unwrap_err();
    assert!(matches!(refused, LifecycleError::TenantId(TenantIdError::NotCanonical { .. })));
    assert!(pool.get(&TenantId::try_from("+7").unwrap()).is_err());
    let count = pool.read(&seven, |conn| notes::table.count().get_result::<i64>(conn));
    assert_eq!(count.unwrap(), 0);
}
