//! What a scope costs on the wire.

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use tenants_diesel::sync::TenantPool;
use tenants_tests::schema::*;

use super::{database, over_wire, run_as, titles, two_tenants};
use crate::wire::Wire;

#[test]
fn a_scope_costs_as_many_round_trips_as_documented() {
    let db = database();
    let (wire, _proxy) = over_wire(&db);
    let pool = TenantPool::builder(wire.url()).provisioning_url(db.url("provisioner"));
    let pool = pool.registry(text_registry()).max_size(1).build().unwrap();
    let (a, b) = two_tenants(&pool);
    let query = |conn: &mut _| titles(conn).map(|titles| assert_eq!(titles.len(), 1));
    // Diesel prepares a statement when a connection runs it first.
    query(&mut pool.get(&a).unwrap()).unwrap();

    assert_eq!(trips(&wire, || pool.transaction(&a, query).unwrap()), 3);
    assert_eq!(trips(&wire, || pool.read(&b, query).unwrap()), 3);
    // The last one takes the connection out of its scope.
    assert_eq!(trips(&wire, || query(&mut pool.get(&a).unwrap()).unwrap()), 3);
    assert_eq!(trips(&wire, || drop(pool.get(&b).unwrap())), 0);
    let creating = pool.create_if_missing();
    assert_eq!(trips(&wire, || query(&mut creating.get(&a).unwrap()).unwrap()), 3);
    assert_eq!(trips(&wire, || creating.transaction(&a, query).unwrap()), 3);
}

#[test]
fn diesels_own_pool_costs_this() {
    let db = database();
    run_as(&db, "owner", "ALTER TABLE posts DISABLE ROW LEVEL SECURITY");
    run_as(&db, "owner", "INSERT INTO posts (tenant, title) VALUES ('a', 'a')");
    run_as(&db, "owner", "GRANT SELECT ON posts TO app_login");
    let (wire, _proxy) = over_wire(&db);
    let manager = ConnectionManager::<PgConnection>::new(wire.url());
    let pool = Pool::builder().max_size(1).build(manager).unwrap();
    let query = |conn: &mut PgConnection| titles(conn).map(|titles| assert_eq!(titles, ["a"]));
    query(&mut pool.get().unwrap()).unwrap();

    assert_eq!(trips(&wire, || query(&mut pool.get().unwrap()).unwrap()), 2);
    assert_eq!(trips(&wire, || pool.get().unwrap().transaction(|conn| query(conn)).unwrap()), 4);
}

/// Round trips of one call.
fn trips(wire: &Wire, call: impl FnOnce()) -> usize {
    let before = wire.trips();
    call();
    wire.trips() - before
}
