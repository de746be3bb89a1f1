//! The pool.

use std::fmt;
use std::sync::Arc;

use tenants_core::doctor::Target;
use tenants_core::scope::Subject;
use tenants_core::{Registry, TenantId};

use super::builder::TenantPoolBuilder;
use super::checkout::{Pool, Source};
use super::connection::{AdminConnection, ScopedConnection, TenantConnection};
use super::engine::Engine;
use crate::error::CheckoutError;
use crate::messages::Messages;
use crate::settings::{AdminReason, Pooler, Scoping, Status};
use crate::signer::Signer;

/// Hands out PostgreSQL connections that are scoped to one tenant.
///
/// Cloning is cheap; clones share their connections.
///
/// | call | scope | round trips with one query (Diesel's own pool) |
/// |---|---|---|
/// | [`transaction`](Self::transaction) | one transaction | 3 (4) |
/// | [`read`](Self::read) | one read-only transaction | 3 (4) |
/// | [`get`](Self::get) | until the connection is dropped | 3 (2) |
/// | [`admin`](Self::admin) | all tenants, until the connection is dropped | 3 |
///
/// # Examples
///
/// ```no_run
/// use diesel::prelude::*;
/// use tenants_diesel::{WithRls, sync::TenantPool};
///
/// diesel::table! { posts (id) { id -> BigInt, tenant -> Text, title -> Text, } }
///
/// #[derive(Queryable, Selectable, WithRls)]
/// struct Post { id: i64, tenant: String, title: String }
///
/// # fn example() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let tenants = TenantPool::builder("postgres://app_login@localhost/app").build()?;
/// let acme = tenants.create_tenant("acme")?;
///
/// let mut conn = tenants.get(&acme)?;
/// let mine: Vec<Post> = posts::table.select(Post::as_select()).load(&mut conn)?;
/// assert!(mine.iter().all(|post| post.tenant == "acme"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TenantPool {
    pub(super) shared: Arc<Shared>,
    /// Beside `shared`, because [`create_if_missing`](Self::create_if_missing) changes it for one handle.
    pub(super) scoping: Arc<Scoping>,
}

pub(super) struct Shared {
    pub(super) runtime: Source,
    pub(super) admin: Option<Source>,
    pub(super) provisioning: Option<Source>,
    pub(super) pooler: Pooler,
    /// Name of the login that serves requests.
    pub(super) login: String,
    /// Who signs scopes, if they are signed.
    pub(super) signer: Option<Arc<Signer>>,
    /// What [`check`](TenantPool::check) compares the database with.
    pub(super) registry: Registry,
    /// What [`doctor`](TenantPool::doctor) looks at.
    pub(super) doctor: Target,
}

impl TenantPool {
    /// Starts a pool for this database; the login in the URL is the one that serves requests.
    pub fn builder(url: impl Into<String>) -> TenantPoolBuilder {
        TenantPoolBuilder::new(url.into())
    }

    /// Wraps a pool that the application configured.
    ///
    /// Nothing else may use that pool: code that holds a raw connection can leave anything behind
    /// on it. `test_on_check_out(false)` suits it best, since the scope is a liveness check itself.
    pub fn from_pool(pool: Pool) -> TenantPoolBuilder {
        TenantPoolBuilder::existing(pool)
    }

    /// The same pool, creating a tenant that is missing when a scope is entered.
    ///
    /// # Security
    ///
    /// Whoever chooses the id creates tenants: use it where ids come from your own code, such as
    /// after sign-up, and not from a request's header.
    ///
    /// # Executed SQL
    ///
    /// `SELECT tenants.ensure_tenant('acme')`, ahead of the scope. With one role per tenant, which
    /// the runtime login may not create: first a query whether the tenant and its role are there, and
    /// [`create_tenant`](Self::create_tenant) or [`provision_role`](Self::provision_role) if not.
    #[must_use]
    pub fn create_if_missing(&self) -> Self {
        let scoping = Arc::new(self.scoping.create_if_missing());
        Self { shared: Arc::clone(&self.shared), scoping }
    }

    /// Checks out a connection scoped to one tenant, statement by statement.
    ///
    /// # Executed SQL
    ///
    /// Nothing here. Ahead of the first operation, as one message:
    ///
    /// ```sql
    /// BEGIN NOT DEFERRABLE; SET ROLE NONE; RESET ALL; ..; COMMIT;     -- whatever was left
    /// BEGIN; SELECT "tenants"."admit"('acme');
    /// SET "tenants"."tenant" = 'acme'; SET ROLE 'tenants_app'; COMMIT
    /// ```
    ///
    /// On drop the first line again.
    ///
    /// # Errors
    ///
    /// [`CheckoutError`]; behind a transaction pooler always
    /// [`SessionBehindPooler`](CheckoutError::SessionBehindPooler). An unknown or suspended tenant
    /// is the error of the first operation, as [`ScopeError`](crate::ScopeError).
    ///
    /// # Security
    ///
    /// Until the scope is confirmed no statement runs. If anything about it fails the connection
    /// is closed.
    pub fn get(&self, tenant: &TenantId) -> Result<TenantConnection, CheckoutError> {
        if self.shared.pooler == Pooler::Transaction {
            return Err(CheckoutError::SessionBehindPooler);
        }
        self.provision_if_missing(tenant)?;
        self.scoping.check(tenant)?;
        let mut connection = self.shared.runtime.checkout()?;
        let proof = self.proof(&mut connection, tenant)?;
        let messages = Messages::session(&self.scoping, Subject::Tenant(tenant), proof)?;
        Ok(ScopedConnection::new(Engine::new(connection, messages), tenant.clone()))
    }

    /// Checks out a connection that reads and writes the rows of all tenants.
    ///
    /// It comes from the separate login of `admin_url`; `reason` goes to the log as a `tracing`
    /// event of target `tenants::admin`.
    ///
    /// # Executed SQL
    ///
    /// As for [`get`](Self::get), with `SET ROLE 'tenants_admin'`.
    ///
    /// # Errors
    ///
    /// [`CheckoutError::NoAdminUrl`] without an admin login,
    /// [`NoReason`](CheckoutError::NoReason) for an empty reason, otherwise as for `get`.
    pub fn admin(&self, reason: &str) -> Result<AdminConnection, CheckoutError> {
        if self.shared.pooler == Pooler::Transaction {
            return Err(CheckoutError::SessionBehindPooler);
        }
        let source = self.shared.admin.as_ref().ok_or(CheckoutError::NoAdminUrl)?;
        if reason.trim().is_empty() {
            return Err(CheckoutError::NoReason);
        }
        let messages = Messages::session(&self.scoping, Subject::Admin, None)?;
        let connection = source.checkout()?;
        tracing::info!(target: "tenants::admin", reason, "cross-tenant connection");
        let scope = AdminReason(reason.to_owned());
        Ok(ScopedConnection::new(Engine::new(connection, messages), scope))
    }

    /// How many connections are open, in use and waited for.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.runtime.status()
    }
}

impl fmt::Debug for TenantPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantPool").field("status", &self.status()).finish_non_exhaustive()
    }
}
