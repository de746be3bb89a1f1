//! A database with two tenants, `a` and `b`, who have rows.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tenants_diesel::{CheckoutError, Isolation, TenantId};
use tenants_tests::schema::{Post, posts};
use tenants_tests::{Database, SUPERUSER, sqlstate, unique_id};

use super::{RunQueryDsl, TenantConnection, TenantPool, builder, unchecked_batch_execute};
use crate::acceptance::check::{Check, Finding};

/// Ids of the posts that each tenant has: the same for both, since a key has the tenant in it.
pub(super) const FIRST: i64 = 1001;
pub(super) const SECOND: i64 = 1002;

#[derive(Clone)]
pub(super) struct World {
    pub(super) database: Database,
    pub(super) pool: TenantPool,
    pub(super) a: TenantId,
    pub(super) b: TenantId,
    /// What is done to the connections of [`connect`](Self::connect) behind the library's back.
    pub(super) sabotage: Option<Sabotage>,
}

/// A scope statement that was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sabotage {
    /// None was sent: the connection runs as the bare login.
    Skipped,
    /// The runtime role was set, and no tenant.
    NoTenant,
    /// The scope is still the one of an earlier checkout: that of the other tenant.
    Stale,
}

impl World {
    pub(super) async fn new(isolation: Isolation) -> Self {
        let database = Database::isolated_by(isolation).await;
        let pool = builder(&database).build().await.unwrap();
        Self::with(database, pool).await
    }

    pub(super) async fn with(database: Database, pool: TenantPool) -> Self {
        database.run("owner", include_str!("world.sql")).await;
        let a = pool.create_tenant(unique_id()).await.unwrap();
        let b = pool.create_tenant(unique_id()).await.unwrap();
        let world = Self { database, pool, a, b, sabotage: None };
        world.fill().await;
        world
    }

    /// The same world, whose connections are in another scope than they say.
    pub(super) fn sabotaged(&self, sabotage: Sabotage) -> Self {
        Self { sabotage: Some(sabotage), ..self.clone() }
    }

    /// Takes away what a case left, past all policies, and gives each tenant its rows again.
    pub(super) async fn reset(&self) {
        let clear = "DROP INDEX IF EXISTS public.posts_title_key;
            DROP SCHEMA IF EXISTS archive, elsewhere CASCADE;
            UPDATE tenants.tenant SET status = 'active' WHERE status = 'deleted';
            DELETE FROM public.posts;
            DELETE FROM public.notes;
            DELETE FROM public.orders;
            DELETE FROM public.files";
        self.database.run(SUPERUSER, clear).await;
        self.fill().await;
    }

    /// Gives each tenant its rows, and sees that they are there: no case may pass because a table
    /// is empty.
    async fn fill(&self) {
        let mut admin = self.pool.admin("rows for the tests").await.unwrap();
        let rows = self.rows();
        diesel::insert_into(posts::table).values(&rows).execute(&mut admin).await.unwrap();
        let all = posts::table.order(posts::title).select(Post::as_select());
        assert_eq!(all.load::<Post>(&mut admin).await.unwrap(), rows);
    }

    /// What all tenants together have to begin with.
    pub(super) fn rows(&self) -> Vec<Post> {
        [self.rows_of(&self.a), self.rows_of(&self.b)].concat()
    }

    /// What a tenant has to begin with.
    pub(super) fn rows_of(&self, tenant: &TenantId) -> Vec<Post> {
        // Not as many as the other: a count, too, tells whose they are.
        let titles: &[_] = if *tenant == self.a { &["a 1", "a 2"] } else { &["b 1", "b 2", "b 3"] };
        let row = |(id, title): (_, &&str)| Post {
            id,
            tenant: tenant.to_string(),
            title: (*title).to_owned(),
        };
        (FIRST..).zip(titles).map(row).collect()
    }

    /// The role that a tenant's statements run as.
    pub(super) fn role_of(&self, tenant: &TenantId) -> String {
        match self.database.isolation() {
            Isolation::SharedRole => "tenants_app".to_owned(),
            Isolation::RolePerTenant => format!("tenant_{tenant}"),
        }
    }

    /// A connection for one tenant, as `TenantPool::get` hands it out.
    pub(super) async fn connect(
        &self,
        tenant: &TenantId,
    ) -> Result<TenantConnection, CheckoutError> {
        let mut connection = self.pool.get(tenant).await?;
        if let Some(sabotage) = self.sabotage {
            let other = if *tenant == self.a { &self.b } else { &self.a };
            let statements = sabotage.statements(self.database.isolation(), other);
            unchecked_batch_execute(&mut connection, &statements).await.unwrap();
        }
        Ok(connection)
    }

    /// Finds out, past all policies, whether a tenant has exactly these rows.
    pub(super) async fn ensure_rows(
        &self,
        tenant: &TenantId,
        rows: &[Post],
    ) -> Result<(), Finding> {
        let all = self.database.posts().await;
        let found: Vec<_> = all.into_iter().filter(|row| row.tenant == tenant.as_str()).collect();
        if found == rows {
            return Ok(());
        }
        Err(Finding(format!("a tenant has {found:?}, not {rows:?}")))
    }

    /// Finds out whether nothing was done, and each tenant gets its own rows from a pool that was used.
    pub(super) async fn ensure_clean(&self, pool: &TenantPool) -> Check {
        for tenant in [&self.b, &self.a] {
            let all = posts::table.order(posts::id).select(Post::as_select());
            let mut conn = pool.get(tenant).await?;
            ensure_eq!(all.load::<Post>(&mut conn).await?, self.rows_of(tenant));
            self.ensure_untouched(tenant).await?;
        }
        Ok(())
    }

    /// Finds out whether a tenant still has what it had to begin with.
    pub(super) async fn ensure_untouched(&self, tenant: &TenantId) -> Result<(), Finding> {
        self.ensure_rows(tenant, &self.rows_of(tenant)).await
    }
}

impl Sabotage {
    fn statements(self, isolation: Isolation, other: &TenantId) -> String {
        let role = other.role().unwrap();
        match (self, isolation) {
            (Self::Skipped, _) => "RESET ROLE; SET tenants.tenant = ''".into(),
            (Self::NoTenant, _) => {
                "RESET ROLE; SET tenants.tenant = ''; SET ROLE tenants_app".into()
            }
            (Self::Stale, Isolation::SharedRole) => {
                format!("SET tenants.tenant = {}", other.literal())
            }
            (Self::Stale, Isolation::RolePerTenant) => format!("RESET ROLE; SET ROLE {role}"),
        }
    }
}

/// How many posts a tenant sees.
pub(super) async fn count(pool: &TenantPool, tenant: &TenantId) -> QueryResult<i64> {
    pool.transaction(tenant, async |conn| posts::table.count().get_result(conn).await).await
}

/// The SQLSTATE that a statement has in this connection's scope.
pub(super) async fn state(conn: &mut TenantConnection, statement: &str) -> QueryResult<String> {
    diesel::select(sqlstate(statement)).get_result(conn).await
}

/// What a raw query of one `bigint` finds in this connection's scope.
pub(super) async fn number(conn: &mut TenantConnection, query: &str) -> QueryResult<i64> {
    diesel::select(sql::<BigInt>(&format!("({query})"))).get_result(conn).await
}
