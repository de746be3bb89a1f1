//! Every store does the same.

mod admission;
mod cancelled;
mod records;
mod transactions;

mod memory {
    use tenants_diesel::store::MemoryStore;

    async fn empty() -> MemoryStore {
        MemoryStore::new()
    }

    tenants_diesel::store_conformance!(empty);
}

mod postgres {
    use diesel_async::AsyncPgConnection;
    use diesel_async::pooled_connection::AsyncDieselConnectionManager as Manager;
    use diesel_async::pooled_connection::deadpool::Pool;
    use tenants_diesel::store::DatabaseStore;

    use crate::migrations::scratch::Scratch;

    pub(super) type Store = DatabaseStore<Manager<AsyncPgConnection>>;

    /// A database that was set up.
    pub(super) async fn scratch() -> Scratch {
        let scratch = Scratch::new().await;
        scratch.set_up(&["--provisioner", &scratch.role("provisioner")]);
        scratch
    }

    /// As the login that administers tenants, which owns nothing.
    pub(super) fn store(scratch: &Scratch, connections: usize) -> Store {
        let manager = Manager::<AsyncPgConnection>::new(scratch.url("provisioner"));
        DatabaseStore::new(Pool::builder(manager).max_size(connections).build().unwrap())
    }

    async fn empty() -> Store {
        store(&scratch().await, 8)
    }

    tenants_diesel::store_conformance!(empty);
}

mod sqlite {
    use diesel::SqliteConnection;
    use diesel_async::pooled_connection::AsyncDieselConnectionManager as Manager;
    use diesel_async::pooled_connection::ManagerConfig;
    use diesel_async::pooled_connection::deadpool::Pool;
    use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
    use diesel_async::{AsyncConnection, SimpleAsyncConnection};
    use tenants_diesel::store::DatabaseStore;

    type Connection = SyncConnectionWrapper<SqliteConnection>;

    type Store = DatabaseStore<Manager<Connection>>;

    /// A file of its own, and several connections to it.
    async fn empty() -> Store {
        let name = format!("tenants-{}.sqlite", uuid::Uuid::new_v4());
        let store = open(&std::env::temp_dir().join(name), 4);
        store.install().await.unwrap();
        store
    }

    /// As two processes have it, each by one connection.
    pub(super) async fn two() -> (Store, Store) {
        let name = format!("tenants-{}.sqlite", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
        let (one, another) = (open(&path, 1), open(&path, 1));
        one.install().await.unwrap();
        (one, another)
    }

    fn open(path: &std::path::Path, connections: usize) -> Store {
        let mut config = ManagerConfig::default();
        config.custom_setup = Box::new(|path| {
            let path = path.to_owned();
            Box::pin(async move {
                let mut connection = Connection::establish(&path).await?;
                let settings = "PRAGMA busy_timeout = 20000; PRAGMA journal_mode = WAL";
                let set = connection.batch_execute(settings).await;
                set.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(connection)
            })
        });
        let manager = Manager::new_with_config(path.to_str().unwrap(), config);
        DatabaseStore::new(Pool::builder(manager).max_size(connections).build().unwrap())
    }

    tenants_diesel::store_conformance!(empty);
}
