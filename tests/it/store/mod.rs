//! Every store does the same, and none reads more than it must.

mod prepared;
mod scale;

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

    /// As the login that administers tenants, which owns nothing.
    async fn empty() -> DatabaseStore<Manager<AsyncPgConnection>> {
        of(&Scratch::new().await)
    }

    pub(super) fn of(scratch: &Scratch) -> DatabaseStore<Manager<AsyncPgConnection>> {
        scratch.set_up(&["--provisioner", &scratch.role("provisioner")]);
        let manager = Manager::<AsyncPgConnection>::new(scratch.url("provisioner"));
        DatabaseStore::new(Pool::builder(manager).max_size(8).build().unwrap())
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

    /// A file of its own, and several connections to it.
    async fn empty() -> DatabaseStore<Manager<Connection>> {
        let name = format!("tenants-{}.sqlite", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
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
        let store = DatabaseStore::new(Pool::builder(manager).max_size(4).build().unwrap());
        store.install().await.unwrap();
        store
    }

    tenants_diesel::store_conformance!(empty);
}
