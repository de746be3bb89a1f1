//! What a scope costs on the wire.

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use tenants_diesel::sync::TenantPool;
use tenants_tests::schema::*;

use super::proxy::Proxy;
use super::{database, run_as, titles, two_tenants};

#[test]
fn a_scope_costs_as_many_round_trips_as_documented() {
    let db = database();
    let proxy = Proxy::start(&db.url("app_login"));
    let pool =
        TenantPool::builder(proxy.url()).registry(text_registry()).max_size(1).build().unwrap();
    let (a, b) = two_tenants(&pool);
    let query = |conn: &mut _| titles(conn).map(|titles| assert_eq!(titles.len(), 1));
    // Diesel prepares a statement when a connection runs it first.
    query(&mut pool.get(&a).unwrap()).unwrap();

    assert_eq!(proxy.count(|| pool.transaction(&a, query).unwrap()), 3);
    assert_eq!(proxy.count(|| pool.read(&b, query).unwrap()), 3);
    // The last one takes the connection out of its scope.
    assert_eq!(proxy.count(|| query(&mut pool.get(&a).unwrap()).unwrap()), 3);
    assert_eq!(proxy.count(|| drop(pool.get(&b).unwrap())), 0);
    let creating = pool.create_if_missing();
    assert_eq!(proxy.count(|| query(&mut creating.get(&a).unwrap()).unwrap()), 3);
    assert_eq!(proxy.count(|| creating.transaction(&a, query).unwrap()), 3);
}

#[test]
fn diesels_own_pool_costs_this() {
    let db = database();
    run_as(&db, "owner", "ALTER TABLE posts DISABLE ROW LEVEL SECURITY");
    run_as(&db, "owner", "INSERT INTO posts (tenant, title) VALUES ('a', 'a')");
    run_as(&db, "owner", "GRANT SELECT ON posts TO app_login");
    let proxy = Proxy::start(&db.url("app_login"));
    let manager = ConnectionManager::<PgConnection>::new(proxy.url());
    let pool = Pool::builder().max_size(1).build(manager).unwrap();
    let query = |conn: &mut PgConnection| titles(conn).map(|titles| assert_eq!(titles, ["a"]));
    query(&mut pool.get().unwrap()).unwrap();

    assert_eq!(proxy.count(|| query(&mut pool.get().unwrap()).unwrap()), 2);
    assert_eq!(proxy.count(|| pool.get().unwrap().transaction(|conn| query(conn)).unwrap()), 4);
}
