//! Stores in databases of their own.

use diesel::connection::SimpleConnection;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection};
use diesel::{PgConnection, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager as Manager, ManagerConfig};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tenants_diesel::store::{DatabaseStore, NewTenant};
use tenants_diesel::sync;

use crate::migrations::scratch::Scratch;

pub(super) type AsyncPg = AsyncPgConnection;
pub(super) type AsyncSqlite = SyncConnectionWrapper<SqliteConnection>;
pub(super) type Store<C> = DatabaseStore<Manager<C>>;
pub(super) type SyncStore<C> = sync::store::DatabaseStore<ConnectionManager<C>>;

/// Several connections may be in one file.
const PATIENT: &str = "PRAGMA busy_timeout = 20000";

pub(super) fn acme() -> NewTenant {
    NewTenant::new("1".try_into().unwrap(), "acme".parse().unwrap())
}

/// A store over a pool of connections to a URL.
macro_rules! pooled {
    ($connection:ty, $url:expr) => {
        tenants_diesel::store::DatabaseStore::new(
            diesel_async::pooled_connection::deadpool::Pool::builder(
                diesel_async::pooled_connection::AsyncDieselConnectionManager::<$connection>::new(
                    $url,
                ),
            )
            .max_size(8)
            .build()
            .unwrap(),
        )
    };
    (sync $connection:ty, $url:expr) => {
        tenants_diesel::sync::store::DatabaseStore::new(
            diesel::r2d2::Pool::builder()
                .max_size(8)
                .min_idle(Some(0))
                .build(diesel::r2d2::ConnectionManager::<$connection>::new($url))
                .unwrap(),
        )
    };
}
pub(super) use pooled;

/// A store whose table has been made.
macro_rules! installed {
    ($store:expr $(, $wait:tt)?) => {{
        let store = $store;
        store.install()$(.$wait)?.unwrap();
        store
    }};
}
pub(super) use installed;

/// As the login that administers tenants, which owns nothing.
pub(super) async fn provisioned() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&["--provisioner", &scratch.role("provisioner")]);
    scratch
}

pub(super) async fn postgres() -> (Scratch, Store<AsyncPg>) {
    let scratch = provisioned().await;
    let store = postgres_at(scratch.url("provisioner"), 8);
    (scratch, store)
}

/// By so many connections to a database that is there.
pub(super) fn postgres_at(url: String, connections: usize) -> Store<AsyncPg> {
    DatabaseStore::new(Pool::builder(Manager::new(url)).max_size(connections).build().unwrap())
}

pub(super) async fn postgres_sync() -> (Scratch, SyncStore<PgConnection>) {
    let scratch = provisioned().await;
    let store = pooled!(sync PgConnection, scratch.url("provisioner"));
    (scratch, store)
}

/// A file that goes with the server of the tests, however they end. Who reads does not wait for who writes.
pub(super) fn sqlite_file() -> String {
    let name = format!("{}.sqlite", uuid::Uuid::new_v4());
    let file = Scratch::directory().join(name).to_str().unwrap().to_owned();
    // It stays so. Connections that all begin with it fail each other.
    let mut connection: SqliteConnection = diesel::Connection::establish(&file).unwrap();
    SimpleConnection::batch_execute(&mut connection, "PRAGMA journal_mode = WAL").unwrap();
    file
}

pub(super) fn sqlite() -> Store<AsyncSqlite> {
    sqlite_in(&sqlite_file(), 4)
}

/// By so many connections to a file.
pub(super) fn sqlite_in(file: &str, connections: usize) -> Store<AsyncSqlite> {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|path| {
        let path = path.to_owned();
        Box::pin(async move {
            let mut connection = AsyncSqlite::establish(&path).await?;
            let set = connection.batch_execute(PATIENT).await;
            set.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        })
    });
    let manager = Manager::new_with_config(file, config);
    DatabaseStore::new(Pool::builder(manager).max_size(connections).build().unwrap())
}

#[derive(Debug)]
struct Configured;

impl CustomizeConnection<SqliteConnection, r2d2::Error> for Configured {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), r2d2::Error> {
        connection.batch_execute(PATIENT).map_err(r2d2::Error::QueryError)
    }
}

pub(super) fn sqlite_sync() -> SyncStore<SqliteConnection> {
    let pool = r2d2::Pool::builder().max_size(4).min_idle(Some(0));
    let pool = pool.connection_customizer(Box::new(Configured));
    sync::store::DatabaseStore::new(pool.build(ConnectionManager::new(sqlite_file())).unwrap())
}
