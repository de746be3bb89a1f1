//! The cache without `.await`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use diesel::r2d2::{ConnectionManager, Pool};
use diesel::{Connection, PgConnection, RunQueryDsl};
use tenants_diesel::TenantId;
use tenants_diesel::store::{
    CacheError, Filter, Limit, ListQuery, MemoryStore, Merge, Metadata, NewTenant, Page, Slug,
    StoreError, Tenant, TenantChanges, TenantStatus, Version, Walked,
};
use tenants_diesel::sync::store::{CachedStore, DatabaseStore, TenantStore};
use tenants_tests::Database;

use super::{id, slug};

/// Counts reads, and holds the next one up once it has its answer.
#[derive(Default)]
struct Inner {
    memory: MemoryStore,
    reads: AtomicUsize,
    next: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

impl Inner {
    /// What says that somebody is held up, and what they wait for.
    fn hold(&self) -> (Receiver<()>, Sender<()>) {
        let ((arrived, is_there), (go_on, may_go_on)) = (channel(), channel());
        *self.next.lock().unwrap() = Some((arrived, may_go_on));
        (is_there, go_on)
    }

    fn read<T>(&self, answer: T) -> T {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let held = self.next.lock().unwrap().take();
        if let Some((arrived, may_go_on)) = held {
            arrived.send(()).unwrap();
            let _ = may_go_on.recv();
        }
        answer
    }
}

/// Methods that are those of the store in memory.
macro_rules! as_in_memory {
    ($(fn $name:ident(&self $(, $argument:ident: $type:ty)*) -> $answer:ty;)*) => {$(
        fn $name(&self $(, $argument: $type)*) -> Result<$answer, StoreError> {
            TenantStore::$name(&self.memory $(, $argument)*)
        }
    )*};
}

impl TenantStore for Inner {
    fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        self.read(TenantStore::get(&self.memory, id))
    }

    fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        self.read(TenantStore::get_by_slug(&self.memory, slug))
    }

    fn get_many(&self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        self.read(TenantStore::get_many(&self.memory, ids))
    }

    fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        TenantStore::walk_from(&self.memory, filter, after, limit)
    }

    as_in_memory! {
        fn create(&self, new: &NewTenant) -> Tenant;
        fn update(&self, id: &TenantId, expected: Version, changes: &TenantChanges) -> Tenant;
        fn transition(&self, id: &TenantId, from: &[TenantStatus], to: TenantStatus) -> Tenant;
        fn transition_many(&self, ids: &[TenantId], to: TenantStatus) -> usize;
        fn merge_metadata(&self, id: &TenantId, patch: &Metadata, mode: Merge) -> Tenant;
        fn remove_metadata(&self, id: &TenantId, keys: &[&str]) -> Tenant;
        fn delete(&self, id: &TenantId) -> ();
        fn list(&self, query: &ListQuery) -> Page<Tenant>;
        fn count(&self, filter: &Filter) -> u64;
        fn search(&self, text: &str, limit: Limit) -> Vec<Tenant>;
    }
}

fn acme() -> (CachedStore<Inner>, Tenant) {
    let store = CachedStore::new(Inner::default());
    let acme = store.store().create(&NewTenant::new(id(1), slug("acme"))).unwrap();
    (store, acme)
}

fn suspend(store: &impl TenantStore) -> Tenant {
    store.transition(&id(1), &TenantStatus::ALL, TenantStatus::Suspended).unwrap()
}

#[test]
fn of_a_hundred_threads_that_miss_one_asks() {
    let (store, acme) = acme();
    let (is_there, go_on) = store.store().hold();
    thread::scope(|threads| {
        let read = || store.get_by_slug(&slug("acme")).unwrap();
        let all: Vec<_> = (0..100).map(|_| threads.spawn(read)).collect();
        is_there.recv().unwrap();
        drop(go_on);
        assert!(all.into_iter().all(|one| one.join().unwrap() == acme));
    });
    assert_eq!(store.store().reads.load(Ordering::SeqCst), 1);
    let statistics = store.statistics();
    assert_eq!(statistics.hits + statistics.misses, 100);
}

#[test]
fn a_slow_reader_does_not_bring_back_what_was_changed() {
    for by_slug in [false, true] {
        let (store, acme) = acme();
        let read =
            || if by_slug { store.get_by_slug(&slug("acme")) } else { store.get(&id(1)) }.unwrap();
        let (is_there, go_on) = store.store().hold();
        thread::scope(|threads| {
            let slow = threads.spawn(read);
            is_there.recv().unwrap();
            let suspended = suspend(&store);
            // This one may join the slow one, and gets what is there now all the same.
            let later = threads.spawn(read);
            drop(go_on);
            assert_eq!(slow.join().unwrap(), acme);
            assert_eq!(later.join().unwrap(), suspended);
        });
        assert_eq!(read().status, TenantStatus::Suspended);
    }
}

#[test]
fn every_answer_is_kept_and_every_change_seen() {
    let (store, acme) = acme();
    assert!(matches!(store.get_by_slug(&slug("moved")), Err(StoreError::NotFound)));
    for _ in 0..3 {
        assert_eq!(store.get_by_slug(&slug("acme")).unwrap(), acme);
        assert_eq!(store.get_many(&[id(1)]).unwrap(), [Some(acme.clone())]);
        assert!(matches!(store.get_by_slug(&slug("moved")), Err(StoreError::NotFound)));
    }
    assert_eq!(store.store().reads.load(Ordering::SeqCst), 2);
    let changes = TenantChanges::new().slug(slug("moved"));
    let moved = store.update(&id(1), acme.version, &changes).unwrap();
    assert_eq!(store.get_by_slug(&slug("moved")).unwrap(), moved);
    assert!(matches!(store.get_by_slug(&slug("acme")), Err(StoreError::NotFound)));
    store.delete(&id(1)).unwrap();
    assert!(matches!(store.get(&id(1)), Err(StoreError::NotFound)));
    assert!(!store.exists(&id(1)).unwrap());
    let refused = CachedStore::builder(MemoryStore::new()).capacity(0).build().map(drop);
    assert_eq!(refused, Err(CacheError::Capacity));
}

#[tokio::test]
async fn a_change_in_one_process_is_seen_in_the_other() {
    let database = Database::new().await;
    let url = database.url("provisioner");
    tokio::task::spawn_blocking(move || {
        let process = || {
            let manager = ConnectionManager::<PgConnection>::new(url.clone());
            let store = DatabaseStore::new(Pool::builder().max_size(2).build(manager).unwrap());
            let hour = Duration::from_secs(3600);
            CachedStore::builder(store).ttl(hour).negative_ttl(hour).build().unwrap()
        };
        let (a, b) = (process(), process());
        let listener = b.listen(&url).unwrap();
        listener.listening();
        assert!(b.get(&id(1)).is_err());
        let begun = Instant::now();
        let until = |is_so: &dyn Fn() -> bool| {
            while !is_so() {
                assert!(begun.elapsed() < Duration::from_secs(60));
                thread::sleep(Duration::from_millis(2));
            }
        };
        a.create(&NewTenant::new(id(1), slug("acme"))).unwrap();
        until(&|| b.get_by_slug(&slug("acme")).is_ok() && b.get(&id(1)).is_ok());
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%pg_notify%' AND pid <> pg_backend_pid()";
        let suspended = suspend(&a);
        until(&|| b.get(&id(1)).unwrap() == suspended);
        let mut connection = PgConnection::establish(&url).unwrap();
        diesel::sql_query(kill).execute(&mut connection).unwrap();
        a.delete(&id(1)).unwrap();
        until(&|| b.get(&id(1)).is_err());
        listener.listening();
    })
    .await
    .unwrap();
}
