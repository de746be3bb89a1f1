//! The ways in which statements reach the server.

use tenants_diesel::{BuildError, TenantPool, sync};

use super::attack::Attack;
use super::attempt::{Others, Secret, Seen};
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
        match self {
            Self::Raw => Ok(Door::Raw),
            Self::Async => {
                let builder = TenantPool::builder(stage.db.url(&stage.login))
                    .isolation(stage.mode.isolation)
                    .max_size(1)
                    .registry(registry());
                let builder = match &stage.key {
                    Some(key) => builder.signed(key.clone()),
                    None => builder,
                };
                builder.build().await.map(Door::Async)
            }
            Self::Sync => {
                let builder = sync::TenantPool::builder(stage.db.url(&stage.login))
                    .isolation(stage.mode.isolation)
                    .max_size(1)
                    .registry(registry());
                let builder = match &stage.key {
                    Some(key) => builder.signed(key.clone()),
                    None => builder,
                };
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
