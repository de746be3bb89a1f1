//! What others do to records, what is dropped half-way, and what the server undoes.

mod admission;
mod cancelled;
mod records;
mod undone;

use std::path::Path;

use diesel::SqliteConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager as Manager;
use diesel_async::pooled_connection::ManagerConfig;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tenants_diesel::store::{DatabaseStore, NewTenant};

use crate::migrations::scratch::Scratch;

type Store = DatabaseStore<Manager<AsyncPgConnection>>;
type Sqlite = SyncConnectionWrapper<SqliteConnection>;

/// A database that was set up.
async fn scratch() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&["--provisioner", &scratch.role("provisioner")]);
    scratch
}

/// As the login that administers tenants, which owns nothing.
fn store(scratch: &Scratch, connections: usize) -> Store {
    let manager = Manager::<AsyncPgConnection>::new(scratch.url("provisioner"));
    DatabaseStore::new(Pool::builder(manager).max_size(connections).build().unwrap())
}

/// By one connection to a file.
fn sqlite(path: &Path) -> DatabaseStore<Manager<Sqlite>> {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|path| {
        let path = path.to_owned();
        Box::pin(async move {
            let mut connection = Sqlite::establish(&path).await?;
            let settings = "PRAGMA busy_timeout = 20000; PRAGMA journal_mode = WAL";
            let set = connection.batch_execute(settings).await;
            set.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        })
    });
    let manager = Manager::new_with_config(path.to_str().unwrap(), config);
    DatabaseStore::new(Pool::builder(manager).max_size(1).build().unwrap())
}

/// Of that id and slug.
fn tenant(name: &str) -> NewTenant {
    NewTenant::new(name.try_into().unwrap(), name.parse().unwrap())
}
