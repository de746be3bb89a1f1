//! Every store does the same, and none reads more than it must.

mod adverse;
mod cached;
mod failures;
mod install;
#[cfg(feature = "external")]
mod mariadb;
mod places;
mod prepared;
mod restored;
mod scale;
mod transactions;

use tenants_diesel::store::{MemoryStore, Threaded};
use tenants_diesel::sync;

use places::{AsyncPg, AsyncSqlite};

/// A store for each case: without waiting, and with threads.
macro_rules! conforms {
    ($name:ident, $empty:expr, $store:ty) => {
        mod $name {
            use super::*;

            async fn empty() -> $store {
                $empty
            }

            tenants_diesel::store_conformance!(empty);
        }
    };
}

conforms!(memory, MemoryStore::new(), MemoryStore);
conforms!(postgres, places::postgres().await.1, places::Store<AsyncPg>);
conforms!(sqlite, places::installed!(places::sqlite(), await), places::Store<AsyncSqlite>);

conforms!(memory_sync, Threaded::new(MemoryStore::new()), Threaded<MemoryStore>);
conforms!(
    postgres_sync,
    Threaded::new(places::postgres_sync().await.1),
    Threaded<places::SyncStore<diesel::PgConnection>>
);
conforms!(
    sqlite_sync,
    Threaded::new(places::installed!(places::sqlite_sync())),
    Threaded<places::SyncStore<diesel::SqliteConnection>>
);

#[cfg(feature = "external")]
mod on_mariadb {
    use super::*;

    conforms!(
        awaited,
        places::installed!(mariadb::Database::new().await.store(), await),
        places::Store<diesel_async::AsyncMysqlConnection>
    );
    conforms!(
        threaded,
        Threaded::new(places::installed!(mariadb::Database::new().await.sync_store())),
        Threaded<places::SyncStore<diesel::MysqlConnection>>
    );
}

/// Of two databases in memory, each has its own tenants.
#[test]
fn databases_in_memory_are_isolated() {
    use diesel::r2d2::{ConnectionManager, Pool};
    use sync::TenantStore;

    let store = || {
        let manager = ConnectionManager::<diesel::SqliteConnection>::new(":memory:");
        places::installed!(sync::store::DatabaseStore::new(
            Pool::builder().max_size(1).build(manager).unwrap(),
        ))
    };
    let (one, other) = (store(), store());
    let acme = places::acme();
    one.create(&acme).unwrap();
    assert!(one.exists(&acme.id).unwrap());
    assert!(!other.exists(&acme.id).unwrap());
    other.create(&acme).unwrap();
}
