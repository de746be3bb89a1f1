//! A store that counts what it is asked, and holds up and fails what it is told to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tenants_diesel::TenantId;
use tenants_diesel::store::{
    Filter, Limit, ListQuery, MemoryStore, Merge, Metadata, NewTenant, Page, Slug, StoreError,
    Tenant, TenantChanges, TenantStatus, TenantStore, Version, Walked,
};
use tokio::sync::oneshot;

#[derive(Default)]
pub(super) struct Inner {
    /// What is done here goes past all caches.
    pub(super) memory: MemoryStore,
    reads: AtomicUsize,
    asked_for: AtomicUsize,
    next_read: Mutex<Option<Held>>,
    next_write: Mutex<Option<Held>>,
    failure: Mutex<Option<StoreError>>,
}

/// Where somebody waits, and says so.
struct Held {
    arrived: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

/// Who is held up. It goes on when this is dropped.
pub(super) struct Hold {
    arrived: Option<oneshot::Receiver<()>>,
    _go_on: oneshot::Sender<()>,
}

impl Hold {
    /// Waits until somebody is held up.
    pub(super) async fn arrived(&mut self) {
        self.arrived.take().unwrap().await.unwrap();
    }
}

impl Inner {
    /// Holds the next read up once it has its answer.
    pub(super) fn hold_read(&self) -> Hold {
        Self::hold(&self.next_read)
    }

    /// Holds the next change up before it is made.
    pub(super) fn hold_write(&self) -> Hold {
        Self::hold(&self.next_write)
    }

    fn hold(next: &Mutex<Option<Held>>) -> Hold {
        let (arrived, is_there) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel();
        *next.lock().unwrap() = Some(Held { arrived, go_on: may_go_on });
        Hold { arrived: Some(is_there), _go_on: go_on }
    }

    /// Has the next call fail, after it has done what it was to do.
    pub(super) fn fail(&self, error: StoreError) {
        *self.failure.lock().unwrap() = Some(error);
    }

    /// How often somebody read.
    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// How many ids were asked for by `get_many`.
    pub(super) fn asked_for(&self) -> usize {
        self.asked_for.load(Ordering::SeqCst)
    }

    async fn wait(next: &Mutex<Option<Held>>) {
        let held = next.lock().unwrap().take();
        if let Some(held) = held {
            let _ = held.arrived.send(());
            let _ = held.go_on.await;
        }
    }

    async fn read<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        Self::wait(&self.next_read).await;
        self.failed()?;
        answer
    }

    fn failed(&self) -> Result<(), StoreError> {
        self.failure.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

macro_rules! change {
    ($self:ident.$operation:ident($($argument:expr),*)) => {{
        Self::wait(&$self.next_write).await;
        let done = TenantStore::$operation(&$self.memory, $($argument),*).await?;
        $self.failed()?;
        Ok(done)
    }};
}

impl TenantStore for Inner {
    async fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        change!(self.create(new))
    }

    async fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        let answer = TenantStore::get(&self.memory, id).await;
        self.read(answer).await
    }

    async fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        let answer = TenantStore::get_by_slug(&self.memory, slug).await;
        self.read(answer).await
    }

    async fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        self.asked_for.fetch_add(ids.len(), Ordering::SeqCst);
        let answer = TenantStore::get_many(&self.memory, ids).await;
        self.read(answer).await
    }

    async fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        change!(self.update(id, expected, changes))
    }

    async fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        change!(self.transition(id, from, to))
    }

    async fn transition_many(
        &self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> Result<usize, StoreError> {
        change!(self.transition_many(ids, to))
    }

    async fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        change!(self.merge_metadata(id, patch, mode))
    }

    async fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Result<Tenant, StoreError> {
        change!(self.remove_metadata(id, keys))
    }

    async fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        change!(self.delete(id))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        self.memory.list(query).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.memory.count(filter).await
    }

    async fn search(&self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        self.memory.search(text, limit).await
    }

    async fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        self.memory.walk_from(filter, after, limit).await
    }
}
