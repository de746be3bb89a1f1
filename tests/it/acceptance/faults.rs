//! What servers do to statements and connections: the next checkout works, with its own rows.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tenants_diesel::TenantId;
use tenants_tests::schema::{NewPost, Post, posts, text_registry};
use tenants_tests::{Database, SUPERUSER, prepare};
use throwaway::Server;
use tokio::sync::Notify;

use super::world::{FIRST, SECOND, World, number};
use super::{Connection, RunQueryDsl, TenantConnection, TenantPool, builder};
use crate::acceptance::check::Check;
use crate::raw::Raw;
use crate::wire::Gate;

async fn raw(conn: &mut TenantConnection, statement: &str) -> QueryResult<usize> {
    diesel::sql_query(statement).execute(conn).await
}

/// Changes nothing, and waits for whoever holds the row.
async fn touch(conn: &mut TenantConnection, id: i64) -> QueryResult<usize> {
    let row = posts::table.filter(posts::id.eq(id));
    diesel::update(row).set(posts::title.eq(posts::title)).execute(conn).await
}

/// Runs statements of a superuser from within a closure that waits for nothing else.
fn meanwhile(database: &Database, statements: String) {
    let database = database.clone();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let thread = std::thread::spawn(move || {
        runtime().block_on(database.run(SUPERUSER, &statements));
    });
    thread.join().unwrap();
}

async fn a_statement_that_takes_too_long_ends_alone(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    for wait in ["SET statement_timeout = 20", "SET LOCAL statement_timeout = 20"] {
        let mut conn = pool.get(&world.a).await?;
        if wait.starts_with("SET s") {
            raw(&mut conn, wait).await?;
            ensure_eq!(raw(&mut conn, "SELECT pg_sleep(60)").await.is_err(), true);
            ensure_eq!(touch(&mut conn, FIRST).await?, 1);
        }
        drop(conn);
        world.ensure_clean(&pool).await?;
        let late = pool.transaction(&world.a, async |conn| {
            diesel::delete(posts::table).execute(conn).await?;
            raw(conn, wait).await?;
            raw(conn, "SELECT pg_sleep(60)").await
        });
        ensure_eq!(late.await.is_err(), true, "{wait}");
        world.ensure_clean(&pool).await?;
        let late = pool.read(&world.a, async |conn| {
            raw(conn, wait).await?;
            raw(conn, "SELECT pg_sleep(60)").await
        });
        ensure_eq!(late.await.is_err(), true, "{wait}");
        world.ensure_clean(&pool).await?;
    }
    ensure_eq!(pool.status().size, 1);
    Ok(())
}

async fn a_lock_that_is_not_given_in_time_ends_the_statement_alone(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let locker = Raw::connect(&world.database.url(SUPERUSER)).await;
    for own in [true, false] {
        locker.run("BEGIN; LOCK TABLE posts IN EXCLUSIVE MODE").await?;
        let refused = if own {
            let mut conn = pool.get(&world.a).await?;
            raw(&mut conn, "SET lock_timeout = 20").await?;
            touch(&mut conn, FIRST).await
        } else {
            pool.transaction(&world.a, async |conn| {
                raw(conn, "SET LOCAL lock_timeout = 20").await?;
                touch(conn, FIRST).await
            })
            .await
        };
        ensure_eq!(refused.is_err(), true);
        locker.run("ROLLBACK").await?;
        world.ensure_clean(&pool).await?;
    }
    ensure_eq!(pool.status().size, 1);
    Ok(())
}

async fn a_deadlock_ends_the_transaction_alone(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let lock = |id| {
        let tenant = world.a.literal();
        format!("SELECT FROM posts WHERE id = {id} AND tenant = {tenant} FOR UPDATE")
    };
    for in_session in [false, true] {
        let other = Raw::connect(&world.database.url(SUPERUSER)).await;
        // It leaves it to us to find out.
        other.run("SET deadlock_timeout = '1h'; BEGIN").await?;
        other.run(&lock(SECOND)).await?;
        let (first, locked) = (lock(FIRST), Arc::new(Notify::new()));
        let wanted = Arc::clone(&locked);
        let other = tokio::spawn(async move {
            wanted.notified().await;
            other.run(&first).await
        });
        let both = async |conn: &mut TenantConnection| -> QueryResult<usize> {
            touch(conn, FIRST).await?;
            locked.notify_one();
            touch(conn, SECOND).await
        };
        let refused = if in_session {
            let mut conn = pool.get(&world.a).await?;
            conn.transaction(async |conn| both(conn).await).await
        } else {
            pool.transaction(&world.a, async |conn| both(conn).await).await
        };
        ensure_eq!(refused.is_err(), true);
        ensure_eq!(other.await?, Ok(()));
        world.ensure_clean(&pool).await?;
        ensure_eq!(pool.status().size, 1);
    }
    Ok(())
}

async fn a_serialization_failure_ends_the_transaction_alone(world: &World) -> Check {
    let level =
        "ALTER ROLE app_login IN DATABASE %I SET default_transaction_isolation = serializable";
    let level = format!("DO $$ BEGIN EXECUTE format('{level}', current_database()); END $$");
    world.database.run(SUPERUSER, &level).await;
    let pool = builder(&world.database).max_size(1).build().await?;
    let change = format!(
        "UPDATE posts SET title = title WHERE tenant = {} AND id = {FIRST}",
        world.a.literal()
    );
    let late = async |conn: &mut TenantConnection| -> QueryResult<usize> {
        number(conn, "SELECT count(*) FROM posts").await?;
        meanwhile(&world.database, change.clone());
        touch(conn, FIRST).await
    };
    for in_session in [false, true] {
        let refused = if in_session {
            let mut conn = pool.get(&world.a).await?;
            conn.transaction(async |conn| late(conn).await).await
        } else {
            pool.transaction(&world.a, async |conn| late(conn).await).await
        };
        ensure_matches!(
            refused,
            Err(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _))
        );
        world.ensure_clean(&pool).await?;
        ensure_eq!(pool.status().size, 1);
    }
    Ok(())
}

async fn a_transaction_that_idles_too_long_costs_its_connection(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    for in_session in [false, true] {
        let idle = async |conn: &mut TenantConnection| -> QueryResult<i64> {
            diesel::delete(posts::table).execute(conn).await?;
            let own = number(conn, "SELECT pg_backend_pid()::bigint").await?;
            raw(conn, "SET LOCAL idle_in_transaction_session_timeout = 20").await?;
            until_gone(&world.database, own);
            number(conn, "SELECT 1::bigint").await
        };
        let refused = if in_session {
            let mut conn = pool.get(&world.a).await?;
            conn.transaction(async |conn| idle(conn).await).await
        } else {
            pool.transaction(&world.a, async |conn| idle(conn).await).await
        };
        ensure_eq!(refused.is_err(), true);
        world.ensure_clean(&pool).await?;
        ensure_eq!(pool.status().size, 1);
    }
    Ok(())
}

/// Waits until a server process has ended.
fn until_gone(database: &Database, process: i64) {
    meanwhile(
        database,
        format!(
            "DO $$ BEGIN
                WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = {process}) LOOP
                    PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
                END LOOP;
            END $$"
        ),
    );
}

async fn a_connection_that_is_terminated_is_replaced(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    for in_session in [false, true] {
        let end = async |conn: &mut TenantConnection| -> QueryResult<i64> {
            diesel::delete(posts::table).execute(conn).await?;
            let own = number(conn, "SELECT pg_backend_pid()::bigint").await?;
            meanwhile(&world.database, format!("SELECT pg_terminate_backend({own}, 10000)"));
            number(conn, "SELECT 1::bigint").await
        };
        let refused = if in_session {
            let mut conn = pool.get(&world.a).await?;
            conn.transaction(async |conn| end(conn).await).await
        } else {
            pool.transaction(&world.a, async |conn| end(conn).await).await
        };
        ensure_eq!(refused.is_err(), true);
        world.ensure_clean(&pool).await?;
        ensure_eq!(pool.status().size, 1);
    }
    Ok(())
}

/// All at once, idle and in use.
async fn a_network_that_is_cut_costs_its_connections(world: &World) -> Check {
    let gate = Gate::before(&world.database.url("app_login")).await;
    let builder = TenantPool::builder(gate.url()).isolation(world.database.isolation());
    let pool = builder.registry(text_registry()).max_size(3).build().await?;
    for _ in 0..3 {
        let mut conns = Vec::new();
        for tenant in [&world.a, &world.b, &world.a] {
            let mut conn = pool.get(tenant).await?;
            ensure_eq!(touch(&mut conn, FIRST).await?, 1);
            conns.push(conn);
        }
        // One goes back, the others are in use.
        drop(conns.pop());
        gate.cut();
        for conn in &mut conns {
            ensure_eq!(touch(conn, FIRST).await.is_err(), true);
        }
        drop(conns);
        // Those that were idle may still have to be found out.
        for _ in 0..3 {
            let _ = pool.read(&world.b, async |conn| touch(conn, FIRST).await).await;
        }
        world.ensure_clean(&pool).await?;
        let all = [pool.get(&world.a).await?, pool.get(&world.b).await?, pool.get(&world.a).await?];
        for (mut conn, rows) in all.into_iter().zip([2, 3, 2]) {
            let seen: i64 = posts::table.count().get_result(&mut conn).await?;
            ensure_eq!(seen, rows);
        }
        ensure_eq!(pool.status().size, 3);
    }
    Ok(())
}

/// On a server of its own: when one of its processes is killed, all sessions end, and it recovers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_crashed_and_recovered_serves_each_tenant_its_own_rows() {
    let (server, database) = tokio::task::spawn_blocking(|| {
        // What was committed is to survive the crash.
        let server = Server::builder().setting("synchronous_commit", "on").start().unwrap();
        let database = prepare(&server);
        (server, database)
    })
    .await
    .unwrap();
    let superuser = server.superuser_url(database);
    let pool = TenantPool::builder(server.url("app_login", database)).registry(text_registry());
    let pool = pool
        .provisioning_url(server.url("provisioner", database))
        .max_size(2)
        .build()
        .await
        .unwrap();
    let mut tenants = Vec::new();
    for id in ["a", "b"] {
        let tenant = pool.create_tenant(id).await.unwrap();
        let post = pool.transaction(&tenant, async |conn| post(conn, id).await);
        post.await.unwrap();
        tenants.push(tenant);
    }
    let assert_isolated = async || {
        for tenant in tenants.iter().rev() {
            assert_eq!(titles(&pool, tenant).await.unwrap(), [tenant.as_str()]);
            let mut conn = pool.get(tenant).await.unwrap();
            let seen = posts::table.select(posts::tenant).load::<String>(&mut conn).await;
            assert_eq!(seen.unwrap(), [tenant.as_str()]);
        }
    };
    assert_isolated().await;
    for in_use in [false, true, true] {
        let mut held = pool.get(&tenants[0]).await.unwrap();
        let process = number(&mut held, "SELECT pg_backend_pid()::bigint").await.unwrap();
        if !in_use {
            drop(held);
            kill(&superuser, process).await;
        } else {
            let lost = held
                .transaction(async |conn| {
                    diesel::delete(posts::table).execute(conn).await?;
                    kill_elsewhere(&superuser, process);
                    number(conn, "SELECT 1::bigint").await
                })
                .await;
            lost.unwrap_err();
        }
        // Whatever the pool still holds is found out.
        for _ in 0..2 {
            let _ = titles(&pool, &tenants[1]).await;
        }
        assert_isolated().await;
        assert!(pool.status().size <= 2);
    }
}

async fn post(conn: &mut TenantConnection, title: &str) -> QueryResult<usize> {
    diesel::insert_into(posts::table).values(&NewPost { title }).execute(conn).await
}

async fn titles(pool: &TenantPool, tenant: &TenantId) -> QueryResult<Vec<String>> {
    let own = posts::table.select(Post::as_select());
    let own = pool.read(tenant, async |conn| own.load(conn).await).await?;
    Ok(own.into_iter().map(|post: Post| post.title).collect())
}

/// Kills a process of the server, and waits until the server has recovered.
async fn kill(superuser: &str, process: i64) {
    let kill = Raw::connect(superuser).await;
    let _ = kill.run(&format!("COPY (SELECT) TO PROGRAM 'kill -9 {process}'")).await;
    loop {
        if let Ok((client, connection)) =
            tokio_postgres::connect(superuser, tokio_postgres::NoTls).await
        {
            let connection = tokio::spawn(connection);
            let gone = format!("SELECT FROM pg_stat_activity WHERE pid = {process}");
            let gone = client.query(&gone, &[]).await.is_ok_and(|rows| rows.is_empty());
            connection.abort();
            if gone {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn kill_elsewhere(superuser: &str, process: i64) {
    let superuser = superuser.to_owned();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || runtime().block_on(kill(&superuser, process))).join().unwrap();
}

in_both_modes![
    a_statement_that_takes_too_long_ends_alone,
    a_lock_that_is_not_given_in_time_ends_the_statement_alone,
    a_deadlock_ends_the_transaction_alone,
    a_serialization_failure_ends_the_transaction_alone,
    a_transaction_that_idles_too_long_costs_its_connection,
    a_connection_that_is_terminated_is_replaced,
    a_network_that_is_cut_costs_its_connections,
];
