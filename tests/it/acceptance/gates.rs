//! The gate matrix: each call of a pool, with each fault at each request that it and the next tenant's send.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use futures_util::future::join_all;
use tenants_diesel::TenantId;
use tenants_tests::SUPERUSER;
use tenants_tests::schema::{NewPost, Post, posts, text_registry};
use tokio::time::timeout;

use super::world::World;
use super::{
    Connection, RunQueryDsl, TenantConnection, TenantPool, faults, unchecked_batch_execute,
};
use crate::acceptance::check::{Check, CheckError};
use crate::raw::Raw;
use crate::wire::{Fault, Gate};

/// Who hears nothing for so long gives up, if that is all that can happen.
/// Becoming a tenant's role takes long on a server with thousands of them, where others make more.
const PATIENCE: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(1)];
/// Far more requests than any call here sends.
const MANY: usize = 50;

#[derive(Debug, Clone, Copy)]
enum Call {
    Get,
    /// On a connection that is made for it.
    GetAnew,
    GetTransaction,
    Transaction,
    Rollback,
    Read,
}

impl Call {
    /// Whether it writes a post.
    fn writes(self) -> bool {
        !matches!(self, Self::Rollback | Self::Read)
    }

    async fn run(self, pool: &TenantPool, tenant: &TenantId) -> QueryResult<()> {
        match self {
            Self::Get | Self::GetAnew => {
                let mut conn = pool.get(tenant).await?;
                own(&mut conn).await?;
                post(&mut conn).await
            }
            Self::GetTransaction => {
                let mut conn = pool.get(tenant).await?;
                conn.transaction(async |conn| post(conn).await).await
            }
            Self::Transaction => {
                pool.transaction(tenant, async |conn| {
                    own(conn).await?;
                    post(conn).await
                })
                .await
            }
            Self::Rollback => {
                let rolled_back = pool.transaction(tenant, async |conn| {
                    post(conn).await?;
                    Err::<(), _>(DieselError::RollbackTransaction)
                });
                match rolled_back.await {
                    Err(DieselError::RollbackTransaction) => Ok(()),
                    other => other,
                }
            }
            Self::Read => pool.read(tenant, async |conn| own(conn).await).await.map(drop),
        }
    }
}

async fn own(conn: &mut TenantConnection) -> QueryResult<Vec<Post>> {
    posts::table.order(posts::id).select(Post::as_select()).load(conn).await
}

const NEW: &str = "new";

async fn post(conn: &mut TenantConnection) -> QueryResult<()> {
    let post = NewPost { title: NEW };
    diesel::insert_into(posts::table).values(&post).execute(conn).await.map(drop)
}

/// Runs the cells of one call, each kind of fault in a world of its own.
async fn matrix(world: &World, call: Call) -> Check {
    let isolation = world.database.isolation();
    let columns = faults().into_iter().map(|fault| async move {
        let world = World::new(isolation).await;
        let gate = Gate::before(&world.database.url("app_login")).await;
        let pool = TenantPool::builder(gate.url()).isolation(isolation).registry(text_registry());
        let pool = pool.max_size(1).build().await?;
        // Everything it sends is prepared from now on.
        for warm in [call, Call::Get] {
            warm.run(&pool, &world.b).await?;
        }
        let superuser = Raw::connect(&world.database.url(SUPERUSER)).await;
        let stage = Stage { world, gate, pool, superuser };
        stage.remove_new().await;
        for at in 1..MANY {
            if !stage.cell(call, at, fault).await? {
                assert!(at > 4, "{call:?} sends more than {at} requests");
                return Ok(());
            }
        }
        panic!("{call:?} never ends")
    });
    join_all(columns).await.into_iter().collect()
}

struct Stage {
    world: World,
    /// In front of a pool with a single connection.
    gate: Gate,
    pool: TenantPool,
    superuser: Raw,
}

impl Stage {
    /// Runs the call of `a` and then a query of `b`, with a fault at one of their requests; whether there may
    /// be further ones.
    async fn cell(&self, call: Call, at: usize, fault: Fault) -> Result<bool, CheckError> {
        let Self { world, gate, pool, .. } = self;
        if let Call::GetAnew = call {
            // A connection that was handed out raw is closed.
            unchecked_batch_execute(&mut pool.get(&world.b).await?, "SELECT 1").await?;
        }
        let is_untold = Fault::UNTOLD.contains(&fault);
        let patience = PATIENCE[usize::from(is_untold)];
        gate.arm(at, fault);
        let called = timeout(patience, call.run(pool, &world.a)).await;
        let next = timeout(patience, async { own(&mut pool.get(&world.b).await?).await }).await;
        // On a machine that is busy somebody may give up before.
        let may_go_on = gate.disarm() >= at || called.is_err() || next.is_err();
        if is_untold {
            // What was sent is stopped through another connection, before anybody knows that this one is dead.
            self.until_none("state = 'active'").await;
            gate.cut();
            if matches!(next, Ok(Ok(_))) {
                // Its connection was cut as well, and nobody knows before it is used.
                let _ = own(&mut pool.get(&world.b).await?).await;
            }
        }
        self.until_none("state <> 'idle'").await;
        let cell = format!("{call:?}, {fault:?} at {at}: {called:?}, {next:?}");
        if let Ok(Ok(seen)) = &next {
            ensure_eq!(*seen, world.rows_of(&world.b), "{cell}");
        }
        let told = called.is_ok_and(|called| called.is_ok());
        let new = if call.writes() { vec![world.a.to_string()] } else { Vec::new() };
        let written = self.remove_new().await;
        // Who is not told that it was done finds it done or not.
        ensure_eq!(written == new || (written.is_empty() && !told), true, "{written:?} {cell}");
        if fault == Fault::Slow {
            ensure_eq!((told, next.is_ok()), (true, true), "{cell}");
        }
        for tenant in [&world.b, &world.a] {
            let seen = own(&mut pool.get(tenant).await?).await;
            ensure_eq!(seen, Ok(world.rows_of(tenant)), "{cell}");
        }
        ensure_eq!(self.superuser.row("SELECT count(*) FROM posts").await, "5", "{cell}");
        ensure_eq!(pool.status().size, 1, "{cell}");
        Ok(may_go_on)
    }

    /// Whose posts were written, which are taken away again.
    async fn remove_new(&self) -> Vec<String> {
        let remove = format!("DELETE FROM posts WHERE title = '{NEW}' RETURNING tenant");
        self.superuser.rows(&remove).await.unwrap()
    }

    /// Waits until no session of the pool's login is in such a state.
    async fn until_none(&self, state: &str) {
        let sessions = format!(
            "SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'app_login' AND {state}"
        );
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.superuser.rows(&sessions).await.unwrap().is_empty() {
            assert!(Instant::now() < deadline, "a session stays {state}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn get(world: &World) -> Check {
    matrix(world, Call::Get).await
}

async fn get_anew(world: &World) -> Check {
    matrix(world, Call::GetAnew).await
}

async fn get_transaction(world: &World) -> Check {
    matrix(world, Call::GetTransaction).await
}

async fn transaction(world: &World) -> Check {
    matrix(world, Call::Transaction).await
}

async fn rollback(world: &World) -> Check {
    matrix(world, Call::Rollback).await
}

async fn read(world: &World) -> Check {
    matrix(world, Call::Read).await
}

in_both_modes![get, get_anew, get_transaction, transaction, rollback, read];
