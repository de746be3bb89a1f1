//! Every store does the same.

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
        let scratch = Scratch::new().await;
        scratch.set_up(&["--provisioner", &scratch.role("provisioner")]);
        let manager = Manager::<AsyncPgConnection>::new(scratch.url("provisioner"));
        DatabaseStore::new(Pool::builder(manager).max_size(8).build().unwrap())
    }

    tenants_diesel::store_conformance!(empty);
}
