//! The ways in which statements reach the server.

use tenants_diesel::{BuildError, TenantPool, sync};

use super::attack::{Attack, Outcome, Step};
use super::attempt::{Others, Secret, Seen, attempt};
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
    async fn open(self, stage: &Stage) -> Result<Door, BuildError> {
        // SIGNED: both pools get the key of this database.
        match self {
            Self::Raw => Ok(Door::Raw),
            Self::Async => {
                let builder = stage.db.builder().registry(registry());
                builder.build().await.map(Door::Async)
            }
            Self::Sync => {
                let builder = sync::TenantPool::builder(stage.db.url("app_login"))
                    .isolation(stage.mode.isolation)
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

async fn raw(stage: &Stage, attack: &Attack, secret: Secret) -> Seen {
    let mut others = Others::new(stage).await;
    let mut a = stage.scoped("app_login", &stage.a).await;
    let mut seen = others.play(attack, secret, &mut a).await;
    seen.leave(&mut a, &stage.commit(&stage.a)).await;
    others.look(&mut seen).await;
    seen
}

async fn pooled(pool: &TenantPool, stage: &Stage, attack: &Attack, secret: Secret) -> Seen {
    let mut others = Others::new(stage).await;
    let mut seen = Seen::default();
    let ended = pool.transaction(&stage.a, async |conn| {
        seen = others.play(attack, secret, conn).await;
        Ok(())
    });
    let ended = ended.await;
    seen.end(ended);
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
    let mut others = runtime.block_on(Others::new(stage));
    let mut seen = Seen::default();
    let ended = pool.transaction(&stage.a, |conn| {
        seen = runtime.block_on(others.play(attack, secret, conn));
        Ok(())
    });
    seen.end(ended);
    runtime.block_on(others.look(&mut seen));
    seen
}

/// Runs attacks on a database one after the other, each time as if it were new.
pub(super) struct Ground {
    template: Stage,
    way: Way,
    stage: Stage,
    door: Door,
    fresh: String,
}

impl Ground {
    pub(super) async fn new(template: &Stage, way: Way) -> Self {
        let stage = template.copy().await;
        let door = way.open(&stage).await.unwrap();
        let fresh = stage.whole_state(&stage.raw("postgres").await).await;
        Self { template: template.clone(), way, stage, door, fresh }
    }

    pub(super) async fn run(&mut self, attack: &Attack) -> Outcome {
        if self.stage.version < attack.since || !self.stage.has(attack.extension).await {
            return Outcome::NotApplicable;
        }
        if self.way != Way::Raw && attack.is_raw_only() {
            return Outcome::NotApplicable;
        }
        if attack.is_prepared() {
            return self.run_prepared(attack).await;
        }
        let outcome = attempt(&self.stage, attack, &self.door).await;
        let root = self.stage.raw("postgres").await;
        if self.stage.whole_state(&root).await != self.fresh {
            self.stage.reset().await;
            if self.stage.whole_state(&root).await != self.fresh {
                *self = Self::new(&self.template, self.way).await;
            }
        }
        outcome
    }

    /// On a database of its own, of which an operator made something else.
    async fn run_prepared(&self, attack: &Attack) -> Outcome {
        let stage = self.template.copy().await;
        for step in attack.steps {
            match *step {
                Step::Owner(text) => stage.db.run("owner", &stage.fill(text)).await,
                Step::Root(text) => stage.db.run("postgres", &stage.fill(text)).await,
                _ => {}
            }
        }
        let outcome = match self.way.open(&stage).await {
            Ok(door) => attempt(&stage, attack, &door).await,
            Err(_) => Outcome::NoPool,
        };
        stage.db.remove().await;
        outcome
    }
}
