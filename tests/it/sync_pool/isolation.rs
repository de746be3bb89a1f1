//! Isolation where a sync pool has ways of its own; what both kinds of pool do is in `acceptance`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use tenants_tests::schema::*;

use super::{database, one_connection, raw, run_as, titles};

#[test]
fn a_connection_serves_one_tenant_after_another() {
    let (pool, a, b) = one_connection(&database());
    for round in 0..50 {
        let (tenant, title) = if round % 2 == 0 { (&a, "a") } else { (&b, "b") };
        let seen = match round % 3 {
            0 => titles(&mut pool.get(tenant).unwrap()),
            1 => pool.read(tenant, titles),
            _ => pool.transaction(tenant, titles),
        };
        assert_eq!(seen.unwrap(), [title], "round {round}");
    }
}

#[test]
fn row_by_row_shows_own_rows_and_without_policies_all() {
    let db = database();
    let (pool, a, _) = one_connection(&db);
    let rows = || -> QueryResult<Vec<String>> {
        let all = posts::table.select(posts::title).order(posts::title);
        all.load_iter::<String, PgRowByRowLoadingMode>(&mut pool.get(&a).unwrap())?.collect()
    };
    assert_eq!(rows().unwrap(), ["a"]);
    run_as(&db, "owner", "ALTER TABLE posts DISABLE ROW LEVEL SECURITY");
    assert_eq!(rows().unwrap(), ["a", "b"]);
}

#[test]
fn threads_never_see_each_others_tenant() {
    let db = database();
    let pool = super::builder(&db).max_size(3).build().unwrap();
    let (a, b) = super::two_tenants(&pool);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (pool, tenant) = (&pool, if worker % 2 == 0 { &a } else { &b });
            scope.spawn(move || {
                for round in 0..40 {
                    // Some callers are careless.
                    let careless = catch_unwind(AssertUnwindSafe(|| {
                        pool.transaction(tenant, |conn| {
                            let seen = titles(conn);
                            match round % 10 {
                                3 => panic!("careless"),
                                5 => raw(conn, "SET ROLE NONE").map(|_| ()),
                                7 => raw(conn, "SAVEPOINT x").map(|_| ()),
                                _ => {
                                    assert_eq!(seen?, [tenant.as_str()]);
                                    QueryResult::Ok(())
                                }
                            }
                        })
                    }));
                    assert_eq!(careless.is_err(), round % 10 == 3);
                    let mut conn = pool.get(tenant).unwrap();
                    assert_eq!(titles(&mut conn).unwrap(), [tenant.as_str()]);
                    if round % 10 == 9 {
                        raw(&mut conn, "SET ROLE NONE").unwrap();
                    }
                }
            });
        }
    });
}
