//! How scopes begin and end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tenants_diesel::{Admission, Pooler, ScopeError, TenantId};
use tenants_tests::schema::*;

use super::{
    assert_refused, backend, builder, database, grant_temporary, insert, one_connection,
    one_raw_connection, raw, run_as, text, titles, two_tenants,
};

#[track_caller]
fn assert_scope_error<T: std::fmt::Debug>(result: QueryResult<T>, expected: ScopeError) {
    let error = result.unwrap_err();
    assert_eq!(ScopeError::of(&error), Some(expected), "{error}");
}

#[test]
fn a_dropped_connection_is_parked_without_power() {
    let (pooled, pool, a, _) = one_raw_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    assert_eq!(text(&mut conn, "current_user::text"), "tenants_app");
    let pid = backend(&mut conn);
    drop(conn);

    let mut parked = pooled.get().unwrap();
    assert_eq!(backend(&mut parked), pid);
    assert_eq!(text(&mut parked, "current_user::text"), "app_login");
    assert_eq!(text(&mut parked, "current_setting('tenants.tenant', true)"), "");
    assert_refused(titles(&mut parked));
    assert_refused(insert(&mut parked, "unscoped"));
}

#[test]
fn a_finished_transaction_parks_without_power() {
    let (pooled, pool, a, _) = one_raw_connection(&database());
    let pid = pool.transaction(&a, |conn| QueryResult::Ok(backend(conn))).unwrap();
    let failed = pool.transaction(&a, |conn| raw(conn, "SELECT 1 / 0"));
    assert!(matches!(failed, Err(DieselError::DatabaseError(..))));

    let mut parked = pooled.get().unwrap();
    assert_eq!(backend(&mut parked), pid);
    assert_eq!(text(&mut parked, "current_user::text"), "app_login");
    assert_refused(titles(&mut parked));
}

#[test]
fn nothing_is_left_for_the_next_borrower() {
    let db = database();
    grant_temporary(&db);
    let (pool, a, b) = one_connection(&db);
    let mut conn = pool.get(&a).unwrap();
    let pid = backend(&mut conn);
    raw(&mut conn, "LISTEN channel").unwrap();
    raw(&mut conn, "SELECT pg_advisory_lock(7)").unwrap();
    raw(&mut conn, "SELECT * INTO TEMPORARY posts FROM public.posts").unwrap();
    conn.transaction(|conn| {
        raw(conn, "DECLARE held CURSOR WITH HOLD FOR SELECT * FROM public.posts")
    })
    .unwrap();
    drop(conn);

    let mut conn = pool.get(&b).unwrap();
    assert_eq!(backend(&mut conn), pid);
    assert_eq!(titles(&mut conn).unwrap(), ["b"]);
    for left in ["pg_cursors WHERE name = 'held'", "pg_listening_channels()"] {
        assert_eq!(text(&mut conn, &format!("count(*)::text FROM {left}")), "0", "{left}");
    }
    let locks =
        "count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    assert_eq!(text(&mut conn, locks), "0");
}

#[test]
fn notifications_of_an_earlier_borrower_are_dropped() {
    let db = database();
    let (pool, a, b) = one_connection(&db);
    let mut conn = pool.get(&a).unwrap();
    raw(&mut conn, "LISTEN channel").unwrap();
    run_as(&db, "owner", "NOTIFY channel, 'for a'");
    let pid = backend(&mut conn);
    drop(conn);
    let mut conn = pool.get(&b).unwrap();
    assert_eq!(backend(&mut conn), pid);
    assert_eq!(conn.unchecked_as_pg().unwrap().notifications_iter().count(), 0);
}

#[test]
fn a_transaction_that_a_foreign_user_of_the_pool_left_open_is_refused() {
    let (pooled, pool, a, b) = one_raw_connection(&database());
    for attempt in 0..2 {
        let mut foreign = pooled.get().unwrap();
        raw(&mut foreign, "BEGIN").unwrap();
        raw(&mut foreign, "SET ROLE tenants_app").unwrap();
        raw(&mut foreign, "SELECT set_config('tenants.tenant', 'b', false)").unwrap();
        drop(foreign);
        let seen = match attempt {
            0 => titles(&mut pool.get(&a).unwrap()),
            _ => pool.transaction(&a, titles),
        };
        assert_scope_error(seen, ScopeError::OpenTransaction);
        assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
    }
}

#[test]
fn a_foreign_users_session_scope_is_left() {
    let (pooled, pool, a, _) = one_raw_connection(&database());
    let mut foreign = pooled.get().unwrap();
    raw(&mut foreign, "SET tenants.tenant = 'b'").unwrap();
    raw(&mut foreign, "SET ROLE tenants_app").unwrap();
    drop(foreign);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

#[test]
fn an_unknown_tenant_is_an_error_of_the_first_operation() {
    let (pool, a, _) = one_connection(&database());
    let unknown = TenantId::try_from("unknown").unwrap();
    let mut conn = pool.get(&unknown).unwrap();
    assert_scope_error(titles(&mut conn), ScopeError::UnknownTenant);
    assert_scope_error(titles(&mut conn), ScopeError::NotEntered);
    assert_scope_error(conn.transaction(titles), ScopeError::NotEntered);
    assert!(conn.unchecked_as_pg().is_err());
    drop(conn);
    let swallowed = pool.transaction(&unknown, |conn| {
        assert_scope_error(titles(conn), ScopeError::UnknownTenant);
        QueryResult::Ok(())
    });
    assert_scope_error(swallowed, ScopeError::NotEntered);
    let nested = pool.transaction(&unknown, |conn| conn.transaction(titles));
    assert_scope_error(nested, ScopeError::UnknownTenant);
    assert_scope_error(pool.read(&unknown, titles), ScopeError::UnknownTenant);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

#[test]
fn a_deleted_tenant_is_not_admitted() {
    let (pool, a, b) = one_connection(&database());
    pool.delete_tenant(&b).unwrap();
    assert_scope_error(titles(&mut pool.get(&b).unwrap()), ScopeError::InactiveTenant);
    assert_scope_error(pool.read(&b, titles), ScopeError::InactiveTenant);
    let creating = pool.create_if_missing();
    assert_scope_error(titles(&mut creating.get(&b).unwrap()), ScopeError::InactiveTenant);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

#[test]
fn missing_tenants_are_created_if_asked() {
    let (pool, ..) = one_connection(&database());
    let creating = pool.create_if_missing();
    let [c, d] = ["c", "d"].map(|id| TenantId::try_from(id).unwrap());
    assert_eq!(titles(&mut creating.get(&c).unwrap()).unwrap(), [""; 0]);
    // The tenant outlives the transaction that created it; savepoints count from it.
    let rolled_back = creating.transaction(&d, |conn| {
        conn.transaction(|conn| insert(conn, "inner"))?;
        assert_eq!(titles(conn)?, ["inner"]);
        Err::<(), _>(DieselError::RollbackTransaction)
    });
    assert_eq!(rolled_back, Err(DieselError::RollbackTransaction));
    assert_eq!(pool.read(&d, titles).unwrap(), [""; 0]);
    assert_eq!(pool.list_tenants().unwrap().len(), 4);
}

#[test]
fn an_unused_connection_sends_nothing_and_is_kept() {
    let (pool, a, _) = one_connection(&database());
    let pid = backend(&mut pool.get(&a).unwrap());
    drop(pool.get(&TenantId::try_from("unknown").unwrap()).unwrap());
    pool.transaction(&a, |_| QueryResult::Ok(())).unwrap();
    assert!(pool.transaction(&a, |_| Err::<(), _>(DieselError::NotFound)).is_err());
    assert_eq!(backend(&mut pool.get(&a).unwrap()), pid);
}

#[test]
fn a_panic_in_a_transaction_rolls_back_and_closes_the_connection() {
    let (pool, a, b) = one_connection(&database());
    let pid = backend(&mut pool.get(&a).unwrap());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        pool.transaction(&a, |conn| -> QueryResult<()> {
            insert(conn, "half").unwrap();
            panic!("in the closure")
        })
    }));
    assert!(panicked.is_err());
    let mut conn = pool.get(&b).unwrap();
    assert_eq!(titles(&mut conn).unwrap(), ["b"]);
    assert_ne!(backend(&mut conn), pid);
    drop(conn);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

/// Diesel's own next transaction would be a savepoint of the one that panicked, reported as committed
/// and lost.
#[test]
fn behind_a_caught_panic_nothing_is_reported_as_stored() {
    let (pool, a, _) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        conn.transaction(|conn| {
            insert(conn, "lost")?;
            panic!("in the closure");
            #[allow(unreachable_code, reason = "the type of the closure")]
            QueryResult::Ok(())
        })
    }));
    assert!(panicked.is_err());
    let refused = conn.transaction(|conn| insert(conn, "lost, too"));
    assert_scope_error(refused, ScopeError::Cancelled);
    drop(conn);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

/// Whoever holds it could go on watching other tenants' statements.
#[test]
fn a_connection_whose_instrumentation_was_taken_is_not_reused() {
    let (pool, a, b) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    let watched = backend(&mut conn);
    let _ = conn.instrumentation();
    drop(conn);
    assert_ne!(backend(&mut pool.get(&b).unwrap()), watched);
}

#[test]
fn a_panic_that_the_closure_catches_closes_the_connection() {
    let (pool, a, b) = one_connection(&database());
    let caught = pool.transaction(&a, |conn| {
        let inner = catch_unwind(AssertUnwindSafe(|| {
            conn.transaction(|conn| -> QueryResult<()> {
                insert(conn, "half").unwrap();
                panic!("in the savepoint")
            })
        }));
        assert!(inner.is_err());
        QueryResult::Ok(())
    });
    assert_scope_error(caught, ScopeError::ScopeLost);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

#[test]
fn a_changed_role_or_tenant_is_found_before_commit() {
    let (pool, a, b) = one_connection(&database());
    for change in [
        "SET LOCAL ROLE NONE",
        "SET ROLE NONE",
        "RESET ROLE",
        "SET LOCAL tenants.tenant = 'b'",
        "SET tenants.tenant = 'b'",
        "SELECT set_config('tenants.tenant', 'b', true)",
    ] {
        let tampered = pool.transaction(&a, |conn| {
            insert(conn, "tampered")?;
            raw(conn, change)
        });
        assert_scope_error(tampered, ScopeError::ScopeLost);
        let read = pool.read(&a, |conn| raw(conn, change));
        assert_scope_error(read, ScopeError::ScopeLost);

        let mut conn = pool.get(&a).unwrap();
        let tampered = conn.transaction(|conn| {
            insert(conn, "tampered")?;
            raw(conn, change)
        });
        assert_scope_error(tampered, ScopeError::ScopeLost);
        assert_scope_error(titles(&mut conn), ScopeError::NotEntered);
        drop(conn);
        for (tenant, title) in [(&a, "a"), (&b, "b")] {
            assert_eq!(titles(&mut pool.get(tenant).unwrap()).unwrap(), [title], "{change}");
        }
    }
}

#[test]
fn behind_a_raw_reset_the_login_has_no_power() {
    let (pool, a, _) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    raw(&mut conn, "RESET ROLE").unwrap();
    assert_refused(titles(&mut conn));
}

#[test]
fn a_swallowed_error_does_not_pass_for_a_commit() {
    let (pool, a, _) = one_connection(&database());
    let committed = pool.transaction(&a, |conn| {
        insert(conn, "lost")?;
        assert!(raw(conn, "SELECT 1 / 0").is_err());
        QueryResult::Ok(())
    });
    assert!(committed.is_err());
    let mut conn = pool.get(&a).unwrap();
    let committed = conn.transaction(|conn| {
        insert(conn, "lost")?;
        assert!(raw(conn, "SELECT 1 / 0").is_err());
        QueryResult::Ok(())
    });
    assert!(committed.is_err());
    assert_scope_error(titles(&mut conn), ScopeError::NotEntered);
    drop(conn);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

#[test]
fn a_conflict_at_commit_keeps_the_connection() {
    let db = database();
    run_as(
        &db,
        "owner",
        "ALTER TABLE posts ADD UNIQUE (tenant, title) DEFERRABLE INITIALLY DEFERRED",
    );
    let (pool, a, b) = one_connection(&db);
    let pid = backend(&mut pool.get(&a).unwrap());
    let is_conflict = |result: QueryResult<usize>| {
        let kind = DatabaseErrorKind::UniqueViolation;
        matches!(result, Err(DieselError::DatabaseError(found, _)) if kind == found)
    };
    assert!(is_conflict(pool.transaction(&a, |conn| insert(conn, "a"))));
    let mut conn = pool.get(&a).unwrap();
    assert!(is_conflict(conn.transaction(|conn| insert(conn, "a"))));
    assert_eq!(titles(&mut conn).unwrap(), ["a"]);
    drop(conn);
    let mut conn = pool.get(&b).unwrap();
    assert_eq!((titles(&mut conn).unwrap(), backend(&mut conn)), (vec!["b".to_owned()], pid));
}

#[test]
fn a_read_only_transaction_does_not_write() {
    let (pool, a, _) = one_connection(&database());
    let written = pool.read(&a, |conn| insert(conn, "written"));
    let kind = DatabaseErrorKind::ReadOnlyTransaction;
    assert!(matches!(written, Err(DieselError::DatabaseError(found, _)) if kind == found));
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

#[test]
fn batch_execute_is_refused() {
    let (pool, a, _) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    for batch in ["BEGIN", "COMMIT", "ROLLBACK", "SELECT 1", "RESET ROLE"] {
        assert_scope_error(conn.batch_execute(batch), ScopeError::BatchRefused);
    }
    assert_eq!(titles(&mut conn).unwrap(), ["a"]);
}

#[test]
fn an_exposed_connection_is_not_reused() {
    let (pool, a, b) = one_connection(&database());
    let mut pids = std::collections::BTreeSet::new();
    for exposure in 0..=4 {
        let mut conn = pool.get(&a).unwrap();
        pids.insert(backend(&mut conn));
        match exposure {
            0 => assert_eq!(titles(conn.unchecked_as_pg().unwrap()).unwrap(), ["a"]),
            1 => conn.unchecked_batch_execute("SET ROLE NONE; BEGIN").unwrap(),
            2 => conn.set_prepared_statement_cache_size(diesel::connection::CacheSize::Disabled),
            3 => conn.set_instrumentation(|_: diesel::connection::InstrumentationEvent<'_>| {}),
            _ => {}
        }
        drop(conn);
        assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
    }
    assert_eq!(pids.len(), 5);
}

#[test]
fn an_open_test_transaction_is_not_reused() {
    let (pool, a, _) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    conn.begin_test_transaction().unwrap();
    insert(&mut conn, "test").unwrap();
    assert_eq!(titles(&mut conn).unwrap(), ["a", "test"]);
    drop(conn);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

#[test]
fn a_half_read_result_leaves_nothing_behind() {
    let (pool, a, b) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    let pid = backend(&mut conn);
    for _ in 0..10 {
        let many: Vec<NewPost<'_>> = (0..100).map(|_| NewPost { title: "a" }).collect();
        diesel::insert_into(posts::table).values(&many).execute(&mut conn).unwrap();
    }
    let rows = posts::table.select(posts::title);
    let mut iter = rows.load_iter::<String, PgRowByRowLoadingMode>(&mut conn).unwrap();
    assert_eq!(iter.next().unwrap().unwrap(), "a");
    drop(iter);
    assert_eq!(posts::table.count().get_result::<i64>(&mut conn).unwrap(), 1001);
    // Diesel cleans up when the rows are dropped. Here they are not.
    std::mem::forget(rows.load_iter::<String, PgRowByRowLoadingMode>(&mut conn).unwrap());
    drop(conn);
    let mut conn = pool.get(&b).unwrap();
    assert_eq!(titles(&mut conn).unwrap(), ["b"]);
    assert_eq!(backend(&mut conn), pid);
}

#[test]
fn a_panic_between_rows_closes_the_connection() {
    let (pool, a, b) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    let pid = backend(&mut conn);
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let rows = posts::table.select(posts::title);
        let mut iter = rows.load_iter::<String, PgRowByRowLoadingMode>(&mut conn).unwrap();
        assert_eq!(iter.next().unwrap().unwrap(), "never");
    }));
    assert!(panicked.is_err());
    let mut conn = pool.get(&b).unwrap();
    assert_eq!(titles(&mut conn).unwrap(), ["b"]);
    assert_ne!(backend(&mut conn), pid);
}

/// A statement that panics while Diesel renders it.
#[derive(Debug)]
struct Panics;

impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for Panics {
    fn walk_ast<'b>(
        &'b self,
        _: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
    ) -> QueryResult<()> {
        panic!("in a statement")
    }
}

impl diesel::query_builder::QueryId for Panics {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Panics {}

#[test]
fn a_panic_while_a_statement_is_rendered_happens_before_anything_is_sent() {
    let (pool, a, b) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| Panics.execute(&mut conn))).is_err());
    assert_eq!(titles(&mut conn).unwrap(), ["a"]);
    drop(conn);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
}

#[test]
fn a_raw_statement_that_outlives_its_scope_closes_the_connection() {
    for sql in
        ["CREATE TEMPORARY TABLE mine (id int)", "/* */ prepare p AS SELECT 1", "DEALLOCATE ALL"]
    {
        let db = database();
        grant_temporary(&db);
        let (pool, a, b) = one_connection(&db);
        let mut conn = pool.get(&a).unwrap();
        let pid = backend(&mut conn);
        raw(&mut conn, sql).unwrap();
        drop(conn);
        let mut conn = pool.get(&b).unwrap();
        assert_eq!(titles(&mut conn).unwrap(), ["b"]);
        assert_ne!(backend(&mut conn), pid, "{sql}");
    }
}

#[test]
fn settings_of_one_borrower_do_not_reach_the_next() {
    let (pool, a, b) = one_connection(&database());
    let settings = ["search_path", "TimeZone", "default_transaction_read_only", "client_encoding"];
    let read =
        |conn: &mut _| settings.map(|name| text(conn, &format!("current_setting('{name}')")));
    let mut conn = pool.get(&a).unwrap();
    let (pid, clean) = (backend(&mut conn), read(&mut conn));
    assert_eq!((&*clean[1], &*clean[3]), ("UTC", "UTF8"));
    for (name, value) in settings.iter().zip(["pg_temp", "Asia/Tokyo", "on", "LATIN1"]) {
        raw(&mut conn, &format!("SET {name} = '{value}'")).unwrap();
    }
    drop(conn);
    let mut conn = pool.get(&b).unwrap();
    assert_eq!(backend(&mut conn), pid);
    assert_eq!(read(&mut conn), clean);
    insert(&mut conn, "writable").unwrap();
}

#[test]
fn after_a_commit_by_hand_no_statement_runs() {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    type Manager = <tenants_diesel::sync::TenantConnection as Connection>::TransactionManager;

    let (pool, a, _) = one_connection(&database());
    let outcome = pool.transaction(&a, |conn| {
        insert(conn, "kept")?;
        Manager::commit_transaction(conn)?;
        assert_scope_error(titles(conn), ScopeError::NotEntered);
        assert_scope_error(conn.transaction(titles), ScopeError::NotEntered);
        QueryResult::Ok(())
    });
    assert_scope_error(outcome, ScopeError::ScopeLost);
    // Somebody resets what Diesel knows of the transaction.
    let outcome = pool.transaction(&a, |conn| {
        insert(conn, "lost")?;
        *Connection::transaction_state(conn) = AnsiTransactionManager::default();
        QueryResult::Ok(())
    });
    assert_scope_error(outcome, ScopeError::ScopeLost);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a", "kept"]);
}

#[test]
fn no_raw_statement_makes_a_read_write() {
    let db = database();
    let pool = builder(&db).admission(Admission::Off).max_size(1).build().unwrap();
    let (a, _) = two_tenants(&pool);
    for hatch in ["SET TRANSACTION READ WRITE", "SET transaction_read_only = off"] {
        let written = pool.read(&a, |conn| {
            let _ = raw(conn, hatch);
            insert(conn, "written")
        });
        assert!(written.is_err(), "{hatch}");
    }
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
}

/// Behind a pooler, too: what is reported as failed was not committed.
#[test]
fn locks_that_cannot_be_given_back_fail_the_transaction_before_it_is_committed() {
    for pooler in [Pooler::None, Pooler::Transaction] {
        let db = database();
        let pool = builder(&db).pooler(pooler).build().unwrap();
        let a = pool.create_tenant("a").unwrap();
        pool.transaction(&a, |conn| insert(conn, "kept")).unwrap();
        let revoke = "REVOKE EXECUTE ON FUNCTION pg_advisory_unlock_all FROM PUBLIC";
        run_as(&db, "postgres", revoke);
        pool.transaction(&a, |conn| insert(conn, "lost")).unwrap_err();
        pool.read(&a, titles).expect_err("it gives locks back, too");
        run_as(&db, "postgres", "GRANT EXECUTE ON FUNCTION pg_advisory_unlock_all TO PUBLIC");
        assert_eq!(pool.read(&a, titles).unwrap(), ["kept"], "{pooler:?}");
    }
}

#[test]
fn a_deferred_constraint_that_fails_costs_no_connection() {
    let db = database();
    let (pool, a, b) = one_connection(&db);
    run_as(
        &db,
        "owner",
        "CREATE TABLE parents (tenant text, id int, PRIMARY KEY (tenant, id));
         CREATE TABLE children (tenant text DEFAULT tenants.current_tenant(), parent int,
            FOREIGN KEY (tenant, parent) REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
         GRANT SELECT, INSERT ON parents, children TO tenants_app",
    );
    let before = backend(&mut pool.get(&a).unwrap());
    let orphan = "INSERT INTO children (parent) VALUES (1)";
    let conflict = pool.transaction(&a, |conn| raw(conn, orphan)).unwrap_err();
    assert!(matches!(
        conflict,
        DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)
    ));
    let mut conn = pool.get(&b).unwrap();
    assert_eq!(backend(&mut conn), before);
    assert_eq!(titles(&mut conn).unwrap(), ["b"]);
}
