//! The server, and databases with rows.

use diesel_async::RunQueryDsl;
use tenants_diesel::{Admission, Isolation, SigningKey, TenantPool, TenantPoolBuilder};
use tenants_tests::schema::text_registry;
use tenants_tests::{Database, server};

use crate::request::tenant_ids;

diesel::table! {
    /// What `posts` would be in an application that filters by hand.
    plain_posts (tenant, id) {
        /// Unique for one tenant.
        id -> BigInt,
        /// Whose row this is.
        tenant -> Text,
        /// Some text.
        title -> Text,
    }
}

/// A row of either table.
pub type Row = (i64, String, String);

/// A database whose tenants all have rows, in `posts` and in `plain_posts`.
#[derive(Debug)]
pub struct Fixture {
    database: Database,
    isolation: Isolation,
    key: Option<SigningKey>,
}

impl Fixture {
    /// Creates the tenants through the pool, as an application would, and fills the tables.
    pub async fn new(isolation: Isolation) -> Self {
        let database = Database::isolated_by(isolation).await;
        let pool = database.pool().await;
        for tenant in tenant_ids() {
            pool.create_tenant(tenant).await.expect("the tenant is created");
        }
        let plain = "CREATE TABLE \"public\".\"plain_posts\" (\
             \"id\" bigint, \"tenant\" text, \"title\" text NOT NULL, PRIMARY KEY (\"tenant\", \"id\"))";
        database.run("owner", plain).await;
        database.run("postgres", include_str!("fixture.sql")).await;
        // Of its own: in a message with others it would be in a transaction.
        database.run("postgres", "VACUUM ANALYZE").await;
        Self { database, isolation, key: None }
    }

    /// Lets the guards ask for signatures, and the pools make them.
    pub async fn signed(self) -> Self {
        let key = Some(self.database.sign().await);
        Self { key, ..self }
    }

    /// The URL for applications that filter by hand; their login may read `plain_posts`.
    #[must_use]
    pub fn stock_url(&self, port: u16) -> String {
        self.url("owner", port)
    }

    /// A pool for applications that use `tenants`.
    pub fn scoped(&self, admission: Admission, port: u16) -> TenantPoolBuilder {
        let pool = TenantPool::builder(self.url("app_login", port))
            .registry(text_registry())
            .isolation(self.isolation)
            .admission(admission);
        match &self.key {
            Some(key) => pool.signed(key.clone()),
            None => pool,
        }
    }

    /// The same for applications without async.
    pub fn scoped_sync(
        &self,
        admission: Admission,
        port: u16,
    ) -> tenants_diesel::sync::TenantPoolBuilder {
        tenants_diesel::sync::TenantPool::builder(self.url("app_login", port))
            .max_size(1)
            .registry(text_registry())
            .isolation(self.isolation)
            .admission(admission)
    }

    /// What the server calls itself, such as `15.20`.
    pub async fn server_version(&self) -> String {
        let mut connection = self.database.connect("owner").await;
        let version =
            diesel::dsl::sql::<diesel::sql_types::Text>("current_setting('server_version')");
        diesel::select(version).get_result(&mut connection).await.expect("the server answers")
    }

    fn url(&self, login: &str, port: u16) -> String {
        let direct = format!(":{}/", server().port());
        self.database.url(login).replace(&direct, &format!(":{port}/"))
    }
}
