//! Signed scopes: a tenant that nobody signed for counts for nothing.

mod expiry;
mod keys;
mod pools;
mod secrets;
mod switches;

use diesel::prelude::*;
use tenants_diesel::{Isolation, SigningKey, TenantId, TenantPool, TenantPoolBuilder};
use tenants_tests::schema::posts;
use tenants_tests::{Database, SUPERUSER, unique_id};

/// A database whose guards ask for signatures, with two tenants who have rows.
pub(crate) struct Signed {
    pub(crate) db: Database,
    pub(crate) key: SigningKey,
    pub(crate) a: TenantId,
    pub(crate) b: TenantId,
}

impl Signed {
    pub(crate) async fn new(isolation: Isolation) -> Self {
        let db = Database::isolated_by(isolation).await;
        let pool = db.pool().await;
        let a = pool.create_tenant(unique_id()).await.unwrap();
        let b = pool.create_tenant(unique_id()).await.unwrap();
        let rows = format!(
            "INSERT INTO posts (tenant, title) VALUES ('{a}', 'a 1'), ('{a}', 'a 2'), ('{b}', 'b 1')"
        );
        db.run(SUPERUSER, &rows).await;
        let key = db.sign().await;
        Self { db, key, a, b }
    }

    fn builder(&self) -> TenantPoolBuilder {
        self.db.builder().signed(self.key.clone())
    }

    pub(crate) async fn pool(&self) -> TenantPool {
        self.builder().build().await.unwrap()
    }

    fn sync_builder(&self) -> tenants_diesel::sync::TenantPoolBuilder {
        tenants_diesel::sync::TenantPool::builder(self.db.url("app_login"))
            .isolation(self.db.isolation())
            .registry(tenants_tests::schema::text_registry())
            .signed(self.key.clone())
    }
}

/// Runs a test in both isolation modes.
macro_rules! in_both_modes {
    ($($(#[$doc:meta])* $name:ident)+) => {
        $(
            mod $name {
                #[tokio::test]
                async fn shared_role() {
                    super::$name(tenants_diesel::Isolation::SharedRole).await;
                }

                #[tokio::test]
                async fn role_per_tenant() {
                    super::$name(tenants_diesel::Isolation::RolePerTenant).await;
                }
            }
        )+
    };
}
pub(crate) use in_both_modes;

/// The titles of all posts that a connection sees.
pub(crate) async fn titles<C>(conn: &mut C) -> QueryResult<Vec<String>>
where
    C: diesel_async::AsyncConnection<Backend = diesel::pg::Pg>,
{
    diesel_async::RunQueryDsl::load(posts::table.select(posts::title).order(posts::title), conn)
        .await
}
