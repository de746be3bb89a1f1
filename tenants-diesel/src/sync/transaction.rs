//! Scopes that last for one transaction.

use diesel::result::Error as DieselError;
use tenants_core::TenantId;
use tenants_core::scope::{Access, Subject};

use super::connection::{ScopedConnection, TenantConnection};
use super::engine::{Engine, Finish};
use super::tenant_pool::TenantPool;
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
    /// -- ahead of the first statement
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
    /// # Panics
    ///
    /// Only if the closure does. Then the connection is closed, and the server rolls back.
    ///
    /// # Security
    ///
    /// Safe behind a pooler in transaction mode. Session-level advisory locks that the closure took are
    /// given back just before the `COMMIT`; transaction-level ones are held until its effects are seen.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use diesel::prelude::*;
    /// # use tenants_diesel::{TenantId, sync::TenantPool};
    /// # diesel::table! { posts (id) { id -> BigInt, tenant -> Text, title -> Text, } }
    /// # fn example(tenants: TenantPool, acme: TenantId) -> QueryResult<()> {
    /// let count = tenants.transaction(&acme, |conn| {
    ///     diesel::insert_into(posts::table).values(posts::title.eq("hi")).execute(conn)?;
    ///     posts::table.count().get_result::<i64>(conn)
    /// })?;
    /// assert!(count > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn transaction<R, E, F>(&self, tenant: &TenantId, closure: F) -> Result<R, E>
    where
        F: FnOnce(&mut TenantConnection) -> Result<R, E>,
        E: From<DieselError>,
    {
        self.in_transaction(tenant, Access::ReadWrite, closure)
    }

    /// Runs a closure in one read-only transaction, scoped to one tenant.
    ///
    /// # Executed SQL
    ///
    /// As for [`transaction`](Self::transaction), with `BEGIN READ ONLY`. A pool that serves
    /// [observed tables](super::TenantPoolBuilder::allow_unenforced_tables) runs a `transaction` instead.
    ///
    /// # Errors
    ///
    /// As for `transaction`; a statement that writes fails.
    ///
    /// # Security
    ///
    /// The scope is verified at the end, as in `transaction`; the async `read` does not wait for
    /// its end and cannot.
    pub fn read<R, E, F>(&self, tenant: &TenantId, closure: F) -> Result<R, E>
    where
        F: FnOnce(&mut TenantConnection) -> Result<R, E>,
        E: From<DieselError>,
    {
        if self.scoping.observes {
            // What policies record is to be kept, which a transaction that only reads cannot.
            return self.transaction(tenant, closure);
        }
        self.in_transaction(tenant, Access::ReadOnly, closure)
    }

    fn in_transaction<R, E, F>(&self, tenant: &TenantId, access: Access, closure: F) -> Result<R, E>
    where
        F: FnOnce(&mut TenantConnection) -> Result<R, E>,
        E: From<DieselError>,
    {
        let mut connection = self.begin(tenant, access)?;
        let begun = connection.engine().id();
        match closure(&mut connection) {
            Ok(value) => {
                connection.engine().of(begun).finish(Finish::Commit)?;
                Ok(value)
            }
            Err(error) => {
                // If the rollback fails too, dropping the connection closes it, which is one.
                let _ = connection.engine().of(begun).finish(Finish::Rollback);
                Err(error)
            }
        }
    }

    fn begin(&self, tenant: &TenantId, access: Access) -> Result<TenantConnection, DieselError> {
        self.provision_if_missing(tenant)?;
        self.scoping.check(tenant).map_err(CheckoutError::from)?;
        let mut connection = self.shared.runtime.checkout()?;
        let proof = self.proof(&mut connection, tenant)?;
        let (subject, pooler) = (Subject::Tenant(tenant), self.shared.pooler);
        let messages = Messages::transaction(&self.scoping, subject, access, pooler, proof)?;
        let mut engine = Engine::new(connection, messages);
        engine.count_transaction()?;
        Ok(ScopedConnection::new(engine, tenant.clone()))
    }
}
