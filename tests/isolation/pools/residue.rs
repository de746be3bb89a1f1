//! What a session keeps, and the next tenant must not find.

use super::*;
use diesel_async::AsyncConnection;
use tenants_diesel::Admission;

/// `(statement, setting, value of a fresh session)`
const SETTINGS: [(&str, &str, &str); 9] = [
    ("SET search_path = pg_temp", "search_path", "\"$user\", public"),
    (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "default_transaction_read_only",
        "off",
    ),
    (
        "SET default_transaction_isolation = serializable",
        "default_transaction_isolation",
        "read committed",
    ),
    ("SET statement_timeout = 12345", "statement_timeout", "0"),
    ("SET TIME ZONE 'Asia/Tokyo'", "timezone", "UTC"),
    ("SET client_encoding = 'LATIN1'", "client_encoding", "UTF8"),
    ("SET standard_conforming_strings = off", "standard_conforming_strings", "on"),
    ("SET row_security = off", "row_security", "on"),
    ("SELECT set_config('app.user', 'somebody of a', false)", "app.user", ""),
];

#[tokio::test]
async fn settings_of_one_tenant_do_not_reach_the_next() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let mut found = vec![];
    for (set, name, fresh) in SETTINGS {
        let look = format!("SELECT pg_catalog.current_setting('{name}', true) AS t");
        let mut conn = pool.get(&a).await.unwrap();
        exec(&mut conn, set).await.unwrap();
        drop(conn);
        let after_get = pool.read(&b, async |c| texts(c, &look).await).await;
        let _ = pool.transaction(&a, async |c| exec(c, set).await).await;
        let mut conn = pool.get(&b).await.unwrap();
        let after_transaction = texts(&mut conn, &look).await;
        drop(conn);
        for seen in [after_get, after_transaction] {
            let seen = seen.map_err(|error| error.to_string());
            if seen != Ok(vec![fresh.to_owned()]) {
                found.push((name, seen));
            }
        }
        // The next setting must not suffer from this one.
        let mut conn = pool.get(&a).await.unwrap();
        conn.unchecked_as_pg().await.map(|_| ()).unwrap_or_default();
    }
    assert_eq!(found, []);
}

#[tokio::test]
async fn the_encoding_of_one_tenant_does_not_spoil_what_the_next_writes() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    exec(&mut conn, "SET client_encoding = 'LATIN1'").await.unwrap();
    drop(conn);
    let mut conn = pool.get(&b).await.unwrap();
    post(&mut conn, "müller").await.unwrap();
    assert_eq!(stored(&db).await, [("b".into(), "müller".into())]);
}

#[tokio::test]
async fn a_tenant_id_stays_a_literal_whatever_encoding_the_session_had() {
    let db = Database::new().await;
    let (pool, a, _) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    exec(&mut conn, "SET client_encoding = 'SJIS'").await.unwrap();
    exec(&mut conn, "SET backslash_quote = on").await.unwrap();
    drop(conn);
    // In Shift JIS the last byte of U+3043 and the backslash behind it are one character.
    let id = "\u{3043}\\') IS NULL; SET tenants.tenant TO a; SET ROLE tenants_app; SET app.pwned TO yes --";
    let evil = TenantId::try_from(id).unwrap();
    let mut conn = pool.create_if_missing().get(&evil).await.unwrap();
    let look =
        "SELECT concat_ws('|', tenants.current_tenant(), current_setting('app.pwned', true)) AS t";
    assert_eq!(texts(&mut conn, look).await, Ok(vec![id.to_owned()]));
}

/// Deallocates the statement that Diesel cached for `all_posts`, and prepares another one under its name.
async fn poison(conn: &mut TenantConnection) -> QueryResult<()> {
    let look =
        "SELECT name AS t FROM pg_prepared_statements WHERE statement LIKE 'SELECT \"posts\"%'";
    let name = texts(conn, look).await?.remove(0);
    exec(conn, &format!("DEALLOCATE {name}")).await?;
    exec(conn, &format!("PREPARE {name} AS DELETE FROM posts RETURNING id, tenant, title")).await?;
    Ok(())
}

#[tokio::test]
async fn a_cached_statement_that_one_tenant_replaced_is_not_run_for_the_next() {
    for in_session in [true, false] {
        let db = Database::new().await;
        let (pool, a, b) = one_connection(&db).await;
        for tenant in [&a, &b] {
            let mut conn = pool.get(tenant).await.unwrap();
            post(&mut conn, "kept").await.unwrap();
            all_posts(&mut conn).await.unwrap();
        }
        if in_session {
            poison(&mut pool.get(&a).await.unwrap()).await.unwrap();
        } else {
            pool.transaction(&a, async |c| poison(c).await).await.unwrap();
        }
        let _ = all_posts(&mut pool.get(&b).await.unwrap()).await;
        assert_eq!(stored(&db).await.len(), 2, "a read of `b` deleted its rows");
    }
}

#[tokio::test]
async fn statements_that_one_tenant_deallocated_do_not_fail_the_next() {
    for mistake in ["DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS"] {
        let db = Database::new().await;
        let (pool, a, b) = one_connection(&db).await;
        all_posts(&mut pool.get(&b).await.unwrap()).await.unwrap();
        exec(&mut pool.get(&a).await.unwrap(), mistake).await.unwrap();
        let seen = all_posts(&mut pool.get(&b).await.unwrap()).await;
        assert_eq!(seen, Ok(vec![]), "after {mistake}");
    }
}

#[tokio::test]
async fn prepared_statements_of_one_tenant_are_not_shown_to_the_next() {
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    exec(&mut pool.get(&a).await.unwrap(), "PREPARE mine AS SELECT 'of a'").await.unwrap();
    let look = "SELECT statement AS t FROM pg_prepared_statements WHERE from_sql";
    let seen = texts(&mut pool.get(&b).await.unwrap(), look).await;
    assert_eq!(seen, Ok(vec![]));
}

/// A pool whose login gives up waiting soon, by default of the role, and whose connection has a
/// temporary table that hides `posts` and that nobody can drop while the returned connection lives.
async fn undroppable(
    db: &Database,
    pool: &TenantPool,
    tenant: &TenantId,
    last: &str,
) -> diesel_async::AsyncPgConnection {
    db.grant_temporary().await;
    let mut conn = pool.get(tenant).await.unwrap();
    let shadow = "SELECT 1::bigint AS id, 'b' AS tenant, 'planted by a' AS title INTO TEMP posts";
    exec(&mut conn, shadow).await.unwrap();
    exec(&mut conn, last).await.unwrap();
    let schema = texts(&mut conn, "SELECT pg_my_temp_schema()::regnamespace::text AS t")
        .await
        .unwrap()
        .remove(0);
    let mut locker = db.connect("postgres").await;
    diesel::sql_query("BEGIN").execute(&mut locker).await.unwrap();
    let lock = format!("LOCK TABLE {schema}.posts IN ACCESS SHARE MODE");
    diesel::sql_query(lock).execute(&mut locker).await.unwrap();
    locker
}

/// A pool of one connection whose login waits for 100 ms at most, whatever the session sets.
async fn impatient(db: &Database, admission: Admission) -> TenantPool {
    let login = format!("impatient_{}", tenants_tests::unique_id());
    db.run(
        "postgres",
        &format!(
            "CREATE ROLE {login} LOGIN NOINHERIT IN ROLE tenants_app; GRANT USAGE ON SCHEMA tenants TO {login};
             GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenants TO {login};
             ALTER ROLE {login} SET lock_timeout = '100ms'"
        ),
    )
    .await;
    let builder = TenantPool::builder(db.url(&login)).registry(text_registry());
    builder.admission(admission).max_size(1).build().await.unwrap()
}

#[tokio::test]
async fn temporary_tables_that_cannot_be_dropped_are_not_shown_to_the_next_tenant() {
    for (admission, last) in [(Admission::Off, "SELECT 1"), (Admission::Check, "RESET ROLE")] {
        let db = Database::new().await;
        let pool = impatient(&db, admission).await;
        let a = pool.create_tenant("a").await.unwrap();
        let b = pool.create_tenant("b").await.unwrap();
        pool.transaction(&b, async |c| post(c, "of b").await).await.unwrap();
        let locker = undroppable(&db, &pool, &a, last).await;
        let read =
            async || pool.read(&b, async |c| texts(c, "SELECT title AS t FROM posts").await).await;
        // Once, the next tenant may meet the connection that could not be cleaned, and is refused.
        let own = Ok(vec!["of b".to_owned()]);
        let first = read().await;
        assert!(first.is_err() || first == own, "{admission:?}: {first:?}");
        assert_eq!(read().await, own, "{admission:?}");
        drop(locker);
    }
}

#[tokio::test]
async fn a_transaction_is_reported_as_committed_if_it_is() {
    let db = Database::new().await;
    let pool = impatient(&db, Admission::Off).await;
    let a = pool.create_tenant("a").await.unwrap();
    let locker = undroppable(&db, &pool, &a, "SELECT 1").await;
    let insert = "INSERT INTO public.posts (title) VALUES ('committed')";
    let result = pool.transaction(&a, async |c| exec(c, insert).await).await;
    drop(locker);
    assert_eq!(result.is_ok(), !stored(&db).await.is_empty(), "{result:?}");
}

#[tokio::test]
async fn a_copy_that_was_left_open_does_not_fail_the_next_tenant() {
    let db = Database::new().await;
    db.grant_temporary().await;
    let (pool, a, b) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    exec(&mut conn, "CREATE TEMP TABLE t (x text)").await.unwrap();
    exec(&mut conn, "COPY t FROM STDIN").await.unwrap_err();
    drop(conn);
    let mut conn = pool.get(&b).await.unwrap();
    assert_eq!(in_time(all_posts(&mut conn)).await, Ok(vec![]));
}

#[tokio::test]
async fn notifications_of_one_tenant_are_not_delivered_to_the_next() {
    use futures_util::{FutureExt, StreamExt};
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    let mut conn = pool.get(&a).await.unwrap();
    exec(&mut conn, "LISTEN of_a").await.unwrap();
    exec(&mut conn, "NOTIFY of_a, 'to a'").await.unwrap();
    drop(conn);
    let mut conn = pool.get(&b).await.unwrap();
    let raw = conn.unchecked_as_pg().await.unwrap();
    let heard = std::pin::pin!(raw.notifications_stream()).next().now_or_never();
    assert!(heard.is_none(), "{heard:?}");
}

/// Raw transaction control, roles, cursors, locks and channels: whatever `a` does with one statement after
/// the other, `b` is scoped to `b`.
#[tokio::test]
async fn the_next_tenant_is_scoped_after_any_raw_statement() {
    const SCRIPTS: [&[&str]; 18] = [
        &["COMMIT"],
        &["COMMIT AND CHAIN"],
        &["ROLLBACK"],
        &["ROLLBACK AND CHAIN"],
        &["COMMIT", "BEGIN"],
        &["SAVEPOINT x", "SET ROLE NONE", "ROLLBACK TO x"],
        &["SET ROLE tenants_app"],
        &["SET tenants.tenant = 'a'"],
        &["SET LOCAL tenants.tenant = 'a'"],
        &["RESET ROLE"],
        &["SET SESSION AUTHORIZATION DEFAULT"],
        &["DISCARD TEMP"],
        &["RESET ALL"],
        &["BEGIN"],
        &["BEGIN", "SELECT 1/0"],
        &["DECLARE c CURSOR WITH HOLD FOR SELECT 1"],
        &["SELECT pg_advisory_lock(1)"],
        &["LISTEN x"],
    ];
    const LOOK: &str = "SELECT concat_ws('|', current_user, session_user, current_setting('tenants.tenant'), \
        (SELECT count(*) FROM pg_cursors WHERE name = 'c'), \
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), \
        (SELECT count(*) FROM pg_listening_channels())) AS t";
    async fn run(conn: &mut TenantConnection, script: &[&str]) -> QueryResult<()> {
        for sql in script {
            exec(conn, sql).await?;
        }
        Ok(())
    }
    let db = Database::new().await;
    let (pool, a, b) = one_connection(&db).await;
    for script in SCRIPTS {
        for mode in ["get", "transaction in get", "transaction", "read"] {
            let _ = match mode {
                "get" => run(&mut pool.get(&a).await.unwrap(), script).await,
                "transaction in get" => {
                    let mut conn = pool.get(&a).await.unwrap();
                    conn.transaction(async |c| run(c, script).await).await
                }
                "transaction" => pool.transaction(&a, async |c| run(c, script).await).await,
                _ => pool.read(&a, async |c| run(c, script).await).await,
            };
            let in_session = texts(&mut pool.get(&b).await.unwrap(), LOOK).await;
            let in_transaction = pool.transaction(&b, async |c| texts(c, LOOK).await).await;
            for seen in [in_session, in_transaction] {
                let expected = Ok(vec!["tenants_app|app_login|b|0|0|0".to_owned()]);
                assert_eq!(seen, expected, "{script:?} in {mode}");
            }
        }
    }
}
