//! Signed scopes.

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use diesel_async::RunQueryDsl;
use diesel_async::pooled_connection::deadpool::Object;
use tenants_core::TenantId;
use tenants_core::signature::SigningKey;

use super::connection::{ScopedConnection, TenantConnection};
use super::engine::Finish;
use super::tenant_pool::{TenantPool, checkout};
use crate::error::{CheckoutError, SigningError};
use crate::messages::Messages;
use crate::signer::{Proof, Signer, nobody, verify};

impl TenantPool {
    /// Signs all scopes from now on with another key; those that are entered keep theirs.
    ///
    /// Make it with `tenants key rotate`: the old key goes on counting until it retires, and no scope is refused
    /// in between. Clones of this pool sign with it, too.
    ///
    /// # Executed SQL
    ///
    /// Scoped to no tenant that is there: `SELECT tenants.verified_tenant()`
    ///
    /// # Errors
    ///
    /// [`SigningError`]; the pool then keeps its key.
    ///
    /// # Cancellation
    ///
    /// Safe: the pool keeps its key.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(tenants: tenants_diesel::TenantPool, text: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// tenants.rotate_key(text.parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rotate_key(&self, key: SigningKey) -> Result<(), SigningError> {
        let signer = self.shared.signer.as_ref().ok_or(SigningError::NotSigned)?;
        self.try_signer(Arc::new(signer.with_key(key.clone()))).await?;
        signer.replace_key(key);
        Ok(())
    }

    /// Finds out whether the database accepts what the pool signs.
    pub(super) async fn try_key(&self) -> Result<(), SigningError> {
        match &self.shared.signer {
            Some(signer) => self.try_signer(Arc::clone(signer)).await,
            None => Ok(()),
        }
    }

    async fn try_signer(&self, signer: Arc<Signer>) -> Result<(), SigningError> {
        let mut connection = checkout(&self.shared.runtime).await?;
        let backend = self.shared.backends.of(&mut connection).await?;
        let id = signer.key_id();
        let messages = Messages::proof(&self.scoping, Proof::new(signer, backend, nobody()));
        let mut engine = self.engine(connection, messages);
        let tried = async {
            engine.count_transaction()?;
            let mut connection: TenantConnection = ScopedConnection::new(engine, nobody());
            verify().execute(&mut connection).await?;
            connection.engine().finish(Finish::Rollback).await
        };
        tried.await.map_err(|source| SigningError::Refused { id, source })
    }

    /// What proves that this pool chose the tenant, if its scopes are signed.
    pub(super) async fn proof(
        &self,
        connection: &mut Object<AsyncPgConnection>,
        tenant: &TenantId,
    ) -> Result<Option<Proof>, CheckoutError> {
        let Some(signer) = &self.shared.signer else { return Ok(None) };
        let backend = self.shared.backends.of(connection).await?;
        Ok(Some(Proof::new(Arc::clone(signer), backend, tenant.clone())))
    }
}
