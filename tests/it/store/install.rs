//! How the table of a store gets there.

use diesel_async::SimpleAsyncConnection;
use futures_util::future::join_all;
use tenants_diesel::store::{Dialect, Filter, InstallError, TenantStore};

use super::places::{self, acme, installed};
use crate::migrations::scratch::Scratch;

/// What a user's own migration has.
fn steps(dialect: Dialect) -> String {
    let steps = dialect.steps();
    assert!(!steps.is_empty());
    steps.join(";\n")
}

/// The cases of one back end. `$store` makes a store in a database without a table, and `$run` runs statements there.
macro_rules! cases {
    ($dialect:expr, |$store:ident| $new:expr, $run:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn eight_at_once_succeed_and_another_one_changes_nothing() {
            let $store = $new;
            for installed in join_all((0..8).map(|_| $store.install())).await {
                installed.unwrap();
            }
            let created = $store.create(&acme()).await.unwrap();
            $store.install().await.unwrap();
            $store.verify().await.unwrap();
            assert_eq!($store.get(&acme().id).await.unwrap(), created);
            $run(&$store, "INSERT INTO tenants_store_version (version) VALUES (99)").await;
            let newer = $store.install().await;
            assert!(matches!(newer, Err(InstallError::Newer { found: 99, known: 1 })), "{newer:?}");
        }

        /// A table of a migration of the user's is as good as ours, with and without an `install` afterwards.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn a_table_of_ones_own_serves() {
            let $store = $new;
            let missing = $store.verify().await;
            assert!(matches!(missing, Err(InstallError::NoTable { .. })), "{missing:?}");
            $run(&$store, &steps($dialect)).await;
            $store.verify().await.unwrap();
            $store.create(&acme()).await.unwrap();
            $store.install().await.unwrap();
            assert_eq!($store.count(&Filter::all()).await.unwrap(), 1);
            // Nothing of ours was made.
            $run(&$store, "CREATE TABLE tenants_store_version (version int)").await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn what_a_table_lacks_is_told() {
            let $store = $new;
            let table =
                "CREATE TABLE tenants_tenant (id varchar(200) PRIMARY KEY, slug text, name text)";
            $run(&$store, table).await;
            for lacks in [$store.verify().await, $store.install().await] {
                let Err(InstallError::Lacks { table, parts, .. }) = &lacks else {
                    panic!("{lacks:?}")
                };
                assert_eq!(*table, "tenants_tenant");
                for part in ["status", "metadata", "updated_at", "a unique slug"] {
                    assert!(parts.contains(&part), "{part} of {parts:?}");
                }
                for part in ["id", "slug", "name", "a unique id"] {
                    assert!(!parts.contains(&part), "{part} of {parts:?}");
                }
                let bytes = parts.contains(&"an id compared by its bytes");
                assert_eq!(bytes, $dialect == Dialect::MySql, "{parts:?}");
            }
        }
    };
}

mod sqlite {
    use super::*;
    use places::{AsyncSqlite, Store};

    async fn run(store: &Store<AsyncSqlite>, sql: &str) {
        store.pool().get().await.unwrap().batch_execute(sql).await.unwrap();
    }

    cases!(Dialect::Sqlite, |store| places::sqlite(), run);

    /// Sync and within a transaction, where it is a part of that.
    #[test]
    fn within_a_transaction_it_is_taken_back_with_it() {
        use diesel::Connection;
        use tenants_diesel::store::StoreError;

        let store = places::sqlite_sync();
        let mut connection = store.pool().get().unwrap();
        let undone = connection.transaction(|connection| -> Result<(), diesel::result::Error> {
            store.on(connection).install().unwrap();
            store.on(connection).create(&acme()).unwrap();
            Err(diesel::result::Error::RollbackTransaction)
        });
        undone.unwrap_err();
        assert!(matches!(store.verify(), Err(InstallError::NoTable { .. })));
        assert!(matches!(
            store.on(&mut connection).get(&acme().id),
            Err(StoreError::Backend { .. })
        ));
    }
}

#[cfg(feature = "external")]
mod mariadb {
    use super::super::mariadb::Database;
    use super::*;
    use diesel_async::AsyncMysqlConnection;
    use places::Store;

    async fn run(store: &Store<AsyncMysqlConnection>, sql: &str) {
        store.pool().get().await.unwrap().batch_execute(sql).await.unwrap();
    }

    cases!(Dialect::MySql, |store| Database::new().await.store(), run);

    /// It would end that.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn within_a_transaction_it_is_refused() {
        use diesel_async::AsyncConnection;

        let store = Database::new().await.store();
        let mut connection = store.pool().get().await.unwrap();
        let refused = connection.transaction(async |connection| {
            let refused = store.on(connection).install().await;
            Ok::<_, diesel::result::Error>(refused)
        });
        let refused = refused.await.unwrap();
        assert!(matches!(refused, Err(InstallError::InTransaction)), "{refused:?}");
    }
}

/// PostgreSQL's table is a migration of the schema `tenants`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_says_what_is_missing() {
    let scratch = Scratch::new().await;
    let store = places::pooled!(places::AsyncPg, scratch.url("owner"));
    let missing = store.install().await;
    assert!(matches!(missing, Err(InstallError::NoTable { .. })), "{missing:?}");
    assert!(missing.unwrap_err().to_string().contains("tenants setup"));
    scratch.set_up(&["--provisioner", &scratch.role("provisioner")]);
    for verified in join_all((0..8).map(|_| store.install())).await {
        verified.unwrap();
    }
    let provisioner = places::pooled!(sync diesel::PgConnection, scratch.url("provisioner"));
    provisioner.verify().unwrap();
    scratch
        .superuser_here(
            "DROP INDEX tenants.tenant_slug_key; ALTER TABLE tenants.tenant DROP COLUMN metadata",
        )
        .await;
    let lacks = store.verify().await;
    let Err(InstallError::Lacks { parts, .. }) = &lacks else { panic!("{lacks:?}") };
    assert_eq!(*parts, ["metadata", "a unique slug"]);
}

/// Installed stores of all kinds have what they need.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sync_stores_install_as_well() {
    let store = installed!(places::sqlite_sync());
    store.verify().unwrap();
    #[cfg(feature = "external")]
    {
        let database = super::mariadb::Database::new().await;
        installed!(database.sync_store()).verify().unwrap();
        installed!(database.sync_store());
    }
}
