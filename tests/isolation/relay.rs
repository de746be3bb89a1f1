//! Both tenants on one connection, one after the other: what stays on it?

use futures_util::FutureExt;
use tenants_diesel::{TenantPool, sync};

use super::attack::Attack;
use super::attempt::{Attacker, Seen};
use super::doors::Door;
use super::stage::Stage;

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
        seen.told(
            checkout.0,
            raw.send(&stage.begin(tenant, &raw).await, true).await.without_lines(),
        );
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
