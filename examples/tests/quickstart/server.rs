//! A server that was there before, as `DATABASE_URL` names one.

use diesel::dsl::sql;
use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use throwaway::Server;
use tokio::runtime::Runtime;

pub(crate) struct Existing {
    server: Server,
    runtime: Runtime,
}

impl Existing {
    pub(crate) fn start() -> Self {
        // With it, what a password is can be looked up.
        let server = Server::builder().setting("password_encryption", "md5").start().unwrap();
        let existing = Self { server, runtime: Runtime::new().unwrap() };
        existing.run("CREATE ROLE ordinary LOGIN CREATEDB CREATEROLE");
        // What PostgreSQL 15 has from the start: before, nobody ordinary can close a new database.
        let owned = "ALTER SCHEMA public OWNER TO pg_database_owner";
        existing
            .run_in("template1", &format!("{owned}; REVOKE CREATE ON SCHEMA public FROM PUBLIC"));
        existing
    }

    pub(crate) fn superuser_url(&self) -> String {
        self.server.superuser_url("postgres")
    }

    /// Somebody who may make databases and roles, and nothing else.
    pub(crate) fn ordinary_url(&self) -> String {
        self.server.url("ordinary", "postgres")
    }

    pub(crate) fn run(&self, statement: &str) {
        self.run_in("postgres", statement);
    }

    fn run_in(&self, database: &str, statement: &str) {
        self.runtime.block_on(async {
            let url = self.server.superuser_url(database);
            let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
            connection.batch_execute(statement).await.unwrap();
        });
    }

    pub(crate) fn values(&self, query: &str) -> Vec<String> {
        self.runtime.block_on(async {
            let url = self.superuser_url();
            let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
            let query = diesel::select(sql::<Array<Text>>(&format!("ARRAY({query})::text[]")));
            query.get_result(&mut connection).await.unwrap()
        })
    }

    pub(crate) fn databases(&self) -> Vec<String> {
        self.values("SELECT datname FROM pg_database ORDER BY datname")
    }

    /// All names that a quickstart could have left.
    pub(crate) fn names(&self) -> Vec<String> {
        let roles = self.values("SELECT rolname FROM pg_roles ORDER BY rolname");
        [self.databases(), roles].concat()
    }
}
