//! One MariaDB for the test program, and a database for each test.

use std::sync::LazyLock;

use diesel::MysqlConnection;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection};
use throwaway::MariaDb;

use super::places::{Store, SyncStore, pooled};

static SERVER: LazyLock<MariaDb> = LazyLock::new(|| MariaDb::start().unwrap());

/// A database of one test, and a login of the same name that may do everything there.
pub(super) struct Database {
    name: String,
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Database {
    pub(super) async fn new() -> Self {
        // A runtime's thread must not wait for the server to start.
        tokio::task::spawn_blocking(|| LazyLock::force(&SERVER)).await.unwrap();
        let name = tenants_tests::unique_id();
        let create = format!(
            "CREATE DATABASE {name}; CREATE USER {name} IDENTIFIED BY 'pass-of-{name}';
            GRANT ALL ON {name}.* TO {name}"
        );
        run(&SERVER.url(""), &create).await;
        Self { name }
    }

    /// The URL of the login.
    pub(super) fn url(&self) -> String {
        let login = format!("{0}:pass-of-{0}", self.name);
        SERVER.url(&self.name).replace("root", &login)
    }

    /// Runs statements as the superuser.
    pub(super) async fn run(&self, sql: &str) {
        run(&SERVER.url(&self.name), sql).await;
    }

    /// A number that the superuser sees.
    pub(super) async fn number(&self, sql: &str) -> u64 {
        let mut connection =
            AsyncMysqlConnection::establish(&SERVER.url(&self.name)).await.unwrap();
        let row: Number = diesel::sql_query(sql).get_result(&mut connection).await.unwrap();
        row.number.try_into().unwrap()
    }

    /// A connection of the superuser that holds all records until it says `ROLLBACK`.
    pub(super) async fn hold(&self) -> AsyncMysqlConnection {
        let mut holder = AsyncMysqlConnection::establish(&SERVER.url(&self.name)).await.unwrap();
        holder.batch_execute("BEGIN; SELECT * FROM tenants_tenant FOR UPDATE").await.unwrap();
        holder
    }

    /// How many connections the login has.
    pub(super) async fn connections(&self) -> u64 {
        let count =
            "SELECT count(*) AS number FROM information_schema.processlist WHERE user = DATABASE()";
        self.number(count).await
    }

    /// How many of them wait for a lock.
    pub(super) async fn waiting(&self) -> u64 {
        self.number(
            "SELECT count(*) AS number FROM information_schema.innodb_trx AS t
            JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
            WHERE p.user = DATABASE() AND t.trx_state = 'LOCK WAIT'",
        )
        .await
    }

    /// Cuts all of them.
    pub(super) async fn cut(&self) {
        self.run(&format!("KILL USER {}", self.name)).await;
    }

    pub(super) fn store(&self) -> Store<AsyncMysqlConnection> {
        pooled!(AsyncMysqlConnection, self.url())
    }

    pub(super) fn sync_store(&self) -> SyncStore<MysqlConnection> {
        pooled!(sync MysqlConnection, self.url())
    }
}

async fn run(url: &str, sql: &str) {
    let mut connection = AsyncMysqlConnection::establish(url).await.unwrap();
    connection.batch_execute(sql).await.unwrap();
}
