//! Checking out, and what it says when it cannot.

use std::time::Duration;

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, NopErrorHandler, Pool};
use tenants_diesel::sync::TenantPool;
use tenants_diesel::{BuildError, CheckoutError, Pooler, TenantId};
use tenants_tests::schema::*;

use super::{backend, builder, database, one_connection, run_as, text, titles, two_tenants};

#[test]
fn a_closed_connection_does_not_keep_others_waiting() {
    let (pool, a, _) = one_connection(&database());
    let mut held = pool.get(&a).unwrap();
    held.unchecked_as_pg().unwrap();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| titles(&mut pool.get(&a).unwrap()).unwrap());
        while pool.status().waiting == 0 {
            std::thread::yield_now();
        }
        drop(held);
        assert_eq!(waiter.join().unwrap(), ["a"]);
    });
}

#[test]
fn a_connection_that_the_server_closed_is_replaced() {
    let db = database();
    let pool = builder(&db).max_size(2).build().unwrap();
    let (a, _) = two_tenants(&pool);
    let pids: Vec<String> = {
        let mut both = [pool.get(&a).unwrap(), pool.get(&a).unwrap()];
        both.iter_mut().map(backend).collect()
    };
    run_as(
        &db,
        "postgres",
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'app_login' AND datname = current_database()",
    );
    let mut conn = pool.get(&a).unwrap();
    assert_eq!(titles(&mut conn).unwrap(), ["a"]);
    assert!(!pids.contains(&backend(&mut conn)));
}

#[test]
fn a_pool_is_shared_and_a_connection_is_sent_between_threads() {
    fn shared<T: Clone + Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<TenantPool>();
    sent::<tenants_diesel::sync::TenantConnection>();
    sent::<tenants_diesel::sync::AdminConnection>();
}

#[test]
fn status_counts_connections() {
    let (pool, a, _) = one_connection(&database());
    let held = pool.get(&a).unwrap();
    let status = pool.status();
    assert_eq!((status.max_size, status.size, status.available, status.waiting), (1, 1, 0, 0));
    drop(held);
    assert_eq!(pool.status().available, 1);
}

#[test]
fn behind_a_transaction_pooler_scopes_are_transactions() {
    let db = database();
    let pool = builder(&db).pooler(Pooler::Transaction).build().unwrap();
    let a = pool.create_tenant("a").unwrap();
    assert!(matches!(pool.get(&a), Err(CheckoutError::SessionBehindPooler)));
    assert!(matches!(pool.admin("reason"), Err(CheckoutError::SessionBehindPooler)));
    let prepared = pool.transaction(&a, |conn| {
        super::insert(conn, "a")?;
        assert_eq!(titles(conn)?, ["a"]);
        QueryResult::Ok(text(conn, "count(*)::text FROM pg_prepared_statements"))
    });
    assert_eq!(prepared.unwrap(), "0");
}

#[test]
fn an_existing_pool_behind_a_pooler_must_not_prepare_a_test() {
    let db = database();
    let build = |test| {
        let manager = ConnectionManager::new(db.url("app_login"));
        let existing = Pool::builder().max_size(1).test_on_check_out(test).build(manager);
        TenantPool::from_pool(existing.unwrap())
            .registry(text_registry())
            .pooler(Pooler::Transaction)
            .build()
    };
    assert!(matches!(build(true), Err(BuildError::TestBehindPooler)));
    assert!(build(false).is_ok());
}

#[test]
fn no_error_shows_a_password() {
    let db = database();
    let good = db.url("app_login");
    let at = good.find('@').unwrap();
    let (host, password) = (&good[at + 1..], "se-cret");
    let urls = [
        format!("postgres://nobody:{password}@{host}"),
        format!("postgres://app_login:{password}@{host}_x"),
        format!("postgres://app_login:{password}@localhost:1/db"),
        format!("postgres://app_login:{password}@no-such-host.invalid/db"),
        format!("postgres://app_login:{password}/x@{host}"),
        format!("postgres://app_login:{password}@x@{host}"),
        format!("postgres://app_login:%{password}@{host}"),
        format!("postgres://app_login:x\"{password}\"y/z@{host}"),
        format!("postgres//app_login:{password}@{host}"),
        format!("host=localhost password=x {password}"),
        format!("host=localhost port={password} password=x"),
        format!("postgres://{host}?password=x&{password}"),
        format!("postgres://{host}?sslmode={password}"),
        password.to_owned(),
    ];
    for url in urls {
        let builders = [
            TenantPool::builder(&url),
            TenantPool::builder(&good).admin_url(&url),
            TenantPool::builder(&good).provisioning_url(&url),
            TenantPool::builder(&url).allow_powerful_login(),
            TenantPool::from_pool(
                Pool::builder()
                    .connection_timeout(Duration::from_millis(100))
                    .error_handler(Box::new(NopErrorHandler))
                    .build_unchecked(ConnectionManager::new(&url)),
            ),
        ];
        for builder in builders {
            let shown = format!("{builder:?}");
            let error = builder.registry(text_registry()).build().unwrap_err();
            assert!(
                matches!(error, BuildError::Url { .. } | BuildError::Connect(_)),
                "{url}: {error:?}"
            );
            let mut texts = vec![shown, format!("{error:?}"), error.to_string()];
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                texts.extend([format!("{error:?}"), error.to_string()]);
                cause = error.source();
            }
            for text in texts {
                assert!(!text.contains(password), "{text}");
            }
        }
    }
}

#[test]
fn a_server_that_is_gone_is_told_apart_from_a_full_pool() {
    let db = database();
    let (wire, proxy) = super::over_wire(&db);
    let pool = TenantPool::builder(wire.url())
        .provisioning_url(db.url("provisioner"))
        .registry(text_registry())
        .max_size(1)
        .wait_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    pool.create_tenant("a").unwrap();
    // Closes all connections, and accepts no more.
    drop(proxy);
    let gone = pool.get(&TenantId::try_from("a").unwrap()).unwrap_err();
    assert!(matches!(gone, CheckoutError::Connect(_)), "{gone:?}");
}
