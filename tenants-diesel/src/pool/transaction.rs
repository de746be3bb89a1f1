//! Scopes that last for one transaction.

use diesel::result::Error as DieselError;
use tenants_core::TenantId;
use tenants_core::scope::{Access, Subject};

use super::closure::AsyncClosure;
use super::connection::{ScopedConnection, TenantConnection};
use super::engine::Finish;
use super::tenant_pool::{TenantPool, checkout};
use crate::error::CheckoutError;
use crate::messages::Messages;

impl TenantPool {
    /// Runs a closure in one transaction, scoped to one tenant, and commits if it returns `Ok`.
    ///
    /// Transactions inside it are savepoints. A closure that runs no statement sends nothing.
    ///
    /// # Executed SQL
    ///
    /// ```sql
    /// -- ahead of the first statement, in the same round trip
    /// BEGIN NOT DEFERRABLE; SET ROLE NONE; RESET ALL; ..; COMMIT;     -- whatever was left
    /// BEGIN; SELECT "tenants"."admit"('acme');
    /// SET LOCAL "tenants"."tenant" = 'acme'; SET LOCAL ROLE 'tenants_app'
    /// -- at the end: fails unless role and tenant are still these
    /// SET CONSTRAINTS ALL IMMEDIATE; SELECT CASE WHEN current_user = 'tenants_app' AND ..; SET ROLE NONE; ..; COMMIT
    /// ```
    ///
    /// # Errors
    ///
    /// The closure's own error, after a rollback. Otherwise, as [`diesel::result::Error`]: what the
    /// database says at `COMMIT`, a [`ScopeError`](crate::ScopeError) (unknown tenant, lost scope)
    /// or a [`CheckoutError`](crate::CheckoutError), each of which has an `of` function to find it.
    ///
    /// # Security
    ///
    /// Safe behind a pooler in transaction mode. Session-level advisory locks that the closure took are
    /// given back just before the `COMMIT`; transaction-level ones are held until its effects are seen.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the running statement and closes the connection, and the server
    /// rolls back. Dropped while it commits, the transaction is committed or not.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use diesel::prelude::*;
    /// # use diesel_async::RunQueryDsl;
    /// # use tenants_diesel::{TenantId, TenantPool};
    /// # diesel::table! { posts (id) { id -> BigInt, tenant -> Text, title -> Text, } }
    /// # async fn example(tenants: TenantPool, acme: TenantId) -> QueryResult<()> {
    /// let count = tenants
    ///     .transaction(&acme, async |conn| {
    ///         diesel::insert_into(posts::table).values(posts::title.eq("hi")).execute(conn).await?;
    ///         posts::table.count().get_result::<i64>(conn).await
    ///     })
    ///     .await?;
    /// assert!(count > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn transaction<'a, R, E, F>(&self, tenant: &TenantId, closure: F) -> Result<R, E>
    where
        for<'r> F: AsyncFnOnce(&'r mut TenantConnection) -> Result<R, E>
            + AsyncClosure<&'r mut TenantConnection, Result<R, E>, Fut: Send>
            + Send
            + 'a,
        E: From<DieselError> + Send + 'a,
        R: Send + 'a,
    {
        let mut connection = self.begin(tenant, Access::ReadWrite).await?;
        let begun = connection.engine().id();
        match closure(&mut connection).await {
            Ok(value) => {
                connection.engine().of(begun).finish(Finish::Commit).await?;
                Ok(value)
            }
            Err(error) => {
                // If the rollback fails too, dropping the connection closes it, which is one.
                let _ = connection.engine().of(begun).finish(Finish::Rollback).await;
                Err(error)
            }
        }
    }

    /// Runs a closure in one read-only transaction, scoped to one tenant: the fastest way to read.
    ///
    /// The transaction is ended without waiting for the answer, so that the connection goes back
    /// to the pool one round trip earlier.
    ///
    /// # Executed SQL
    ///
    /// As for [`transaction`](Self::transaction), with `BEGIN READ ONLY`, and a `ROLLBACK` at the end:
    /// there is nothing to keep, and it takes back what functions set for the session. A pool that serves
    /// [observed tables](super::TenantPoolBuilder::allow_unenforced_tables) runs a `transaction` instead.
    ///
    /// # Errors
    ///
    /// As for `transaction`; a statement that writes fails.
    ///
    /// # Security
    ///
    /// Since nobody waits for the end, the scope is not verified there as in `transaction`: a raw
    /// statement of your own that changes the role goes unnoticed. Each statement is still bound
    /// by the policies.
    ///
    /// # Cancellation
    ///
    /// As for `transaction`.
    pub async fn read<'a, R, E, F>(&self, tenant: &TenantId, closure: F) -> Result<R, E>
    where
        for<'r> F: AsyncFnOnce(&'r mut TenantConnection) -> Result<R, E>
            + AsyncClosure<&'r mut TenantConnection, Result<R, E>, Fut: Send>
            + Send
            + 'a,
        E: From<DieselError> + Send + 'a,
        R: Send + 'a,
    {
        if self.scoping.observes {
            // What policies record is to be kept, which a transaction that only reads cannot.
            return self.transaction(tenant, closure).await;
        }
        let mut connection = self.begin(tenant, Access::ReadOnly).await?;
        let begun = connection.engine().id();
        let result = closure(&mut connection).await;
        let finished = connection.engine().of(begun).finish(Finish::Queue).await;
        let value = result?;
        finished?;
        Ok(value)
    }

    async fn begin(
        &self,
        tenant: &TenantId,
        access: Access,
    ) -> Result<TenantConnection, DieselError> {
        self.provision_if_missing(tenant).await?;
        self.scoping.check(tenant).map_err(CheckoutError::from)?;
        let mut connection = checkout(&self.shared.runtime).await?;
        let proof = self.proof(&mut connection, tenant).await?;
        let (subject, pooler) = (Subject::Tenant(tenant), self.shared.pooler);
        let messages = Messages::transaction(&self.scoping, subject, access, pooler, proof)?;
        let mut engine = self.engine(connection, messages);
        engine.count_transaction()?;
        Ok(ScopedConnection::new(engine, tenant.clone()))
    }
}
