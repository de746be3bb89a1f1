//! Our side.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use tenants_diesel::TenantId;
use tenants_diesel::store::{
    Cursor, Filter, Limit, ListQuery, Merge, Metadata, StoreError, TenantStatus, TenantStore,
};
use tokio::task::JoinSet;

use crate::turn::{Measured, Turn, Work};

/// What one caller was told.
struct Told {
    caller: usize,
    micros: Vec<u64>,
    failed: u64,
    /// Of the last call that was acknowledged, and of the last one.
    told: u64,
    tried: u64,
}

pub(crate) async fn turn<S>(store: &S, turn: &Turn, behind: Option<&Cursor>) -> Measured
where
    S: TenantStore + Clone + 'static,
{
    let turn = Arc::new(turn.clone());
    let ids: Arc<[_]> = turn.ids.iter().map(|id| tenant(id)).collect();
    let mut callers = JoinSet::new();
    // What makes the callers ready is not what they do.
    let begun = Instant::now();
    for caller in 0..turn.callers {
        let caller = Caller {
            store: store.clone(),
            turn: Arc::clone(&turn),
            ids: Arc::clone(&ids),
            page: behind
                .cloned()
                .into_iter()
                .fold(ListQuery::new(Filter::status(TenantStatus::Active)), ListQuery::after),
            caller,
        };
        callers.spawn(caller.run(begun));
    }
    let told = callers.join_all().await;
    let mut measured = Measured { seconds: begun.elapsed().as_secs_f64(), ..Measured::default() };
    for Told { caller, micros, failed, told, tried } in told {
        measured.micros.extend(micros);
        measured.failed += failed;
        if turn.work == Work::Merge {
            let tenant = store.get(&ids[caller % ids.len()]).await;
            let metadata = tenant.expect("a tenant").metadata;
            let there = metadata.get(&key(caller)).and_then(Value::as_u64).unwrap_or(0);
            // Of the last one nobody knows, if it failed.
            measured.lost += u64::from(there != told && there != tried);
        }
    }
    measured
}

struct Caller<S> {
    store: S,
    turn: Arc<Turn>,
    ids: Arc<[TenantId]>,
    page: ListQuery,
    caller: usize,
}

impl<S: TenantStore> Caller<S> {
    async fn run(self, begun: Instant) -> Told {
        let (mut micros, mut failed, mut told, mut tried) = (Vec::new(), 0, 0, 0);
        while begun.elapsed() < self.turn.length {
            tried += 1;
            let call = Instant::now();
            match self.call(tried).await {
                Ok(()) => {
                    micros.push(u64::try_from(call.elapsed().as_micros()).unwrap_or(u64::MAX));
                    told = tried;
                }
                Err(_) => failed += 1,
            }
        }
        Told { caller: self.caller, micros, failed, told, tried }
    }

    async fn call(&self, number: u64) -> Result<(), StoreError> {
        let store = &self.store;
        let turn = usize::try_from(number).unwrap_or(0);
        match self.turn.work {
            Work::Get => {
                drop(store.get(&self.ids[(self.caller * 97 + turn) % self.ids.len()]).await?)
            }
            Work::Cached => drop(store.get(&self.ids[turn % self.ids.len()]).await?),
            Work::List => assert_eq!(store.list(&self.page).await?.items.len(), 100),
            Work::Search => {
                let limit = Limit::new(20).expect("a limit");
                assert_eq!(store.search(self.turn.text, limit).await?.len(), 20);
            }
            Work::Count => {
                assert!(store.count(&Filter::status(TenantStatus::Suspended)).await? > 0);
            }
            Work::Merge => {
                let id = &self.ids[self.caller % self.ids.len()];
                let patch = Metadata::try_from(json!({ key(self.caller): number }));
                store.merge_metadata(id, &patch.expect("metadata"), Merge::Shallow).await?;
            }
        }
        Ok(())
    }
}

fn key(caller: usize) -> String {
    format!("caller-{caller}")
}

fn tenant(id: &str) -> TenantId {
    TenantId::try_from(id).expect("an id")
}
