//! A table that is there and not protected yet: the runtime role cannot reach it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tenants_diesel::{Registry, TenantId, TenantPool, sync};
use tenants_tests::schema::{per_tenant, text_registry};
use tenants_tests::{Database, REFUSED, SUCCESS, sqlstate};

use crate::two::tenant;

diesel::table! {
    drafts (tenant, id) {
        id -> BigInt,
        tenant -> Text,
        title -> Text,
    }
}

/// Whatever a tenant may do with a table, all of it with the right tenant.
const STATEMENTS: [&str; 4] = [
    "SELECT FROM drafts",
    "INSERT INTO drafts (tenant, title) VALUES (coalesce(tenants.current_tenant(), 'a'), 'more')",
    "UPDATE drafts SET title = title || '!'",
    "DELETE FROM drafts WHERE title = 'more!'",
];
const FOREIGN: &str = "INSERT INTO drafts (tenant, title) VALUES ('c', 'x')";

/// What each statement comes to, in a scope of a tenant: by `get` and by `transaction`.
async fn asynchronously(pool: &TenantPool, tenant: &TenantId) -> Vec<String> {
    let mut states = Vec::new();
    for statement in STATEMENTS {
        let mut conn = pool.get(tenant).await.unwrap();
        states.push(diesel::select(sqlstate(statement)).get_result(&mut conn).await.unwrap());
        drop(conn);
        let state = pool.transaction(tenant, async |conn| {
            diesel::select(sqlstate(statement)).get_result::<String>(conn).await
        });
        states.push(state.await.unwrap());
    }
    states
}

/// The same through a sync pool.
fn synchronously(pool: &sync::TenantPool, tenant: &TenantId) -> Vec<String> {
    let mut states = Vec::new();
    for statement in STATEMENTS {
        let query = diesel::select(sqlstate(statement));
        let mut conn = pool.get(tenant).unwrap();
        states.push(diesel::RunQueryDsl::get_result(query, &mut conn).unwrap());
        drop(conn);
        let state: QueryResult<String> =
            pool.transaction(tenant, |conn| diesel::RunQueryDsl::get_result(query, conn));
        states.push(state.unwrap());
    }
    states
}

/// Title and tenant of all drafts, past all policies.
async fn drafts(db: &Database) -> Vec<(String, String)> {
    let mut superuser = db.connect(tenants_tests::SUPERUSER).await;
    let all = drafts::table.select((drafts::tenant, drafts::title));
    all.order((drafts::tenant, drafts::title)).load(&mut superuser).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_table_is_unreachable_until_it_is_protected() {
    let db = Database::new().await;
    db.run(tenants_tests::SUPERUSER, "INSERT INTO tenants.tenant (id) VALUES ('a'), ('b')").await;
    let (a, b) = (tenant("a"), tenant("b"));
    let pool = db.pool().await;
    let url = db.url("app_login");
    let blocking = tokio::task::spawn_blocking(move || {
        sync::TenantPool::builder(url).registry(text_registry()).build().unwrap()
    });
    let blocking = blocking.await.unwrap();
    let synchronous = async |tenant: &TenantId| {
        let (pool, tenant) = (blocking.clone(), tenant.clone());
        tokio::task::spawn_blocking(move || synchronously(&pool, &tenant)).await.unwrap()
    };
    let create = "CREATE TABLE drafts (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, title text NOT NULL,
        PRIMARY KEY (tenant, id));
        INSERT INTO drafts (tenant, title) VALUES ('a', 'of a'), ('b', 'of b')";
    db.run("owner", create).await;
    let before = drafts(&db).await;
    assert_eq!(before.len(), 2);
    for tenant in [&a, &b] {
        assert_eq!(asynchronously(&pool, tenant).await, [REFUSED; 8]);
        assert_eq!(synchronous(tenant).await, [REFUSED; 8]);
    }
    assert_eq!(drafts(&db).await, before);

    let registry = Registry::new([per_tenant::<drafts::table, drafts::tenant>()]).unwrap();
    db.protect(&registry).await;
    assert_eq!(asynchronously(&pool, &a).await, [SUCCESS; 8]);
    let owned = |tenant: &str, title: &str| (tenant.to_owned(), title.to_owned());
    // Each of the updates has met the rows of `a`, and none of `b`.
    assert_eq!(
        drafts(&db).await,
        [owned("a", "more!!"), owned("a", "more!!"), owned("a", "of a!!"), owned("b", "of b")]
    );
    assert_eq!(synchronous(&b).await, [SUCCESS; 8]);
    assert_eq!(drafts(&db).await.last().unwrap(), &owned("b", "of b!!"));
    for tenant in [&a, &b] {
        let mut conn = pool.get(tenant).await.unwrap();
        let seen: Vec<String> =
            drafts::table.select(drafts::tenant).distinct().load(&mut conn).await.unwrap();
        assert_eq!(seen, [tenant.as_str()]);
        let state: String = diesel::select(sqlstate(FOREIGN)).get_result(&mut conn).await.unwrap();
        assert_eq!(state, REFUSED);
        let deleted = diesel::delete(drafts::table).execute(&mut conn).await.unwrap();
        assert_eq!(deleted, 3);
    }
}
