//! The ways in which statements reach the server.

use futures_util::FutureExt;
use tenants_diesel::{BuildError, TenantPool, sync};

use super::attack::Attack;
use super::attempt::{Attacker, Others, Secret, Seen};
use super::stage::{Stage, registry};

/// How `a` reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Without this library, in the scope that its messages set.
    Raw,
    /// `TenantPool::transaction`, and `sql_query`.
    Async,
    /// The same of the sync pool.
    Sync,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::Raw, Self::Async, Self::Sync];

    /// Opens it to a database.
    pub(super) async fn open(self, stage: &Stage) -> Result<Door, BuildError> {
        // SIGNED: both pools get the key of this database.
        match self {
            Self::Raw => Ok(Door::Raw),
            Self::Async => {
                let builder = TenantPool::builder(stage.db.url(&stage.login))
                    .isolation(stage.mode.isolation)
                    .max_size(1)
                    .registry(registry());
                builder.build().await.map(Door::Async)
            }
            Self::Sync => {
                let builder = sync::TenantPool::builder(stage.db.url(&stage.login))
                    .isolation(stage.mode.isolation)
                    .max_size(1)
                    .registry(registry());
                let built = tokio::task::spawn_blocking(move || builder.build());
                built.await.unwrap().map(Door::Sync)
            }
        }
    }
}

/// A way that is open to one database.
pub(super) enum Door {
    Raw,
    Async(TenantPool),
    Sync(sync::TenantPool),
}

impl Door {
    /// Runs an attack through it.
    pub(super) async fn pass(&self, stage: &Stage, attack: &Attack, secret: Secret) -> Seen {
        match self {
            Self::Raw => raw(stage, attack, secret).await,
            Self::Async(pool) => pooled(pool, stage, attack, secret).await,
            Self::Sync(pool) => {
                let (pool, stage, attack) = (pool.clone(), stage.clone(), *attack);
                let runtime = tokio::runtime::Handle::current();
                let passed = tokio::task::spawn_blocking(move || {
                    pooled_sync(&pool, &stage, &attack, secret, &runtime)
                });
                passed.await.unwrap()
            }
        }
    }
}

/// How a tenant holds a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Get,
    Transaction,
}

/// How one tenant holds it, and then the other.
const HOLDS: [[Hold; 2]; 4] = [
    [Hold::Get, Hold::Get],
    [Hold::Get, Hold::Transaction],
    [Hold::Transaction, Hold::Get],
    [Hold::Transaction, Hold::Transaction],
];

impl Door {
    /// Lets both tenants have the same connection, one after the other, in all ways to hold it.
    pub(super) async fn hand_on(&self, stage: &Stage, attack: &Attack) -> Vec<Seen> {
        let mut all = Vec::new();
        let fresh = stage.whole_state().await;
        // Who has no pool, holds a connection in one way.
        let ways = if matches!(self, Self::Raw) { 1 } else { HOLDS.len() };
        for holds in HOLDS.into_iter().take(ways) {
            let mut seen = Seen::beginning(stage).await;
            match self {
                Self::Raw => relay_raw(stage, attack, &mut seen).await,
                Self::Async(pool) => relay(pool, stage, attack, holds, &mut seen).await,
                Self::Sync(pool) => {
                    let (pool, stage, attack) = (pool.clone(), stage.clone(), *attack);
                    let runtime = tokio::runtime::Handle::current();
                    let passed = tokio::task::spawn_blocking(move || {
                        runtime.block_on(relay_sync(&pool, &stage, &attack, holds, &mut seen));
                        seen
                    });
                    seen = passed.await.unwrap();
                }
            }
            seen.look(stage).await;
            if stage.whole_state().await != fresh {
                stage.reset().await.unwrap();
            }
            all.push(seen);
        }
        all
    }
}

async fn relay_raw(stage: &Stage, attack: &Attack, seen: &mut Seen) {
    let mut raw = stage.raw(&stage.login).await;
    for checkout in attack.checkouts() {
        let tenant = if checkout.0 { &stage.a } else { &stage.b };
        seen.told(checkout.0, raw.send(&stage.begin(tenant), true).await.without_lines());
        seen.hold(stage, &checkout, &mut raw).await;
        seen.told(checkout.0, raw.send(&stage.commit(tenant), true).await.without_lines());
        let _ = raw.run("ROLLBACK").await;
    }
}

async fn relay(
    pool: &TenantPool,
    stage: &Stage,
    attack: &Attack,
    holds: [Hold; 2],
    seen: &mut Seen,
) {
    for (number, checkout) in attack.checkouts().iter().enumerate() {
        let tenant = if checkout.0 { &stage.a } else { &stage.b };
        if holds[number % 2] == Hold::Get {
            seen.hold(stage, checkout, &mut pool.get(tenant).await.unwrap()).await;
        } else {
            let ended = pool.transaction(tenant, async |conn| {
                seen.hold(stage, checkout, conn).await;
                Ok(())
            });
            let ended = ended.await;
            seen.end(checkout.0, ended);
        }
    }
}

async fn relay_sync(
    pool: &sync::TenantPool,
    stage: &Stage,
    attack: &Attack,
    holds: [Hold; 2],
    seen: &mut Seen,
) {
    for (number, checkout) in attack.checkouts().iter().enumerate() {
        let tenant = if checkout.0 { &stage.a } else { &stage.b };
        if holds[number % 2] == Hold::Get {
            seen.hold(stage, checkout, &mut pool.get(tenant).unwrap()).await;
        } else {
            let ended = pool.transaction(tenant, |conn| {
                seen.hold(stage, checkout, conn).now_or_never().unwrap();
                Ok(())
            });
            seen.end(checkout.0, ended);
        }
    }
}

async fn raw(stage: &Stage, attack: &Attack, secret: Secret) -> Seen {
    let mut others = Others::new(stage);
    let mut a = stage.scoped(&stage.login, &stage.a).await;
    let mut seen = others.play(attack, secret, &mut a).await;
    seen.leave(&mut a, &stage.commit(&stage.a)).await;
    others.look(&mut seen).await;
    seen
}

async fn pooled(pool: &TenantPool, stage: &Stage, attack: &Attack, secret: Secret) -> Seen {
    let mut others = Others::new(stage);
    let mut seen = Seen::default();
    let ended = pool.transaction(&stage.a, async |conn| {
        seen = others.play(attack, secret, conn).await;
        Ok(())
    });
    let ended = ended.await;
    seen.end(true, ended);
    others.look(&mut seen).await;
    seen
}

fn pooled_sync(
    pool: &sync::TenantPool,
    stage: &Stage,
    attack: &Attack,
    secret: Secret,
    runtime: &tokio::runtime::Handle,
) -> Seen {
    let mut others = Others::new(stage);
    let mut seen = Seen::default();
    let ended = pool.transaction(&stage.a, |conn| {
        seen = runtime.block_on(others.play(attack, secret, conn));
        Ok(())
    });
    seen.end(true, ended);
    runtime.block_on(others.look(&mut seen));
    seen
}
