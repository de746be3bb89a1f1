//! Signed scopes.

use std::sync::Arc;

use diesel::RunQueryDsl;
use diesel::r2d2::PooledConnection;
use tenants_core::TenantId;
use tenants_core::signature::SigningKey;

use super::checkout::Pooled;
use super::connection::{ScopedConnection, TenantConnection};
use super::engine::{Engine, Finish};
use super::tenant_pool::TenantPool;
use crate::error::{CheckoutError, SigningError};
use crate::messages::Messages;
use crate::signer::{Backend, BackendRow, Proof, Signer, backend, nobody, verify};

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
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(tenants: tenants_diesel::sync::TenantPool, text: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// tenants.rotate_key(text.parse()?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rotate_key(&self, key: SigningKey) -> Result<(), SigningError> {
        let signer = self.shared.signer.as_ref().ok_or(SigningError::NotSigned)?;
        self.try_signer(Arc::new(signer.with_key(key.clone())))?;
        signer.replace_key(key);
        Ok(())
    }

    /// Finds out whether the database accepts what the pool signs.
    pub(super) fn try_key(&self) -> Result<(), SigningError> {
        match &self.shared.signer {
            Some(signer) => self.try_signer(Arc::clone(signer)),
            None => Ok(()),
        }
    }

    fn try_signer(&self, signer: Arc<Signer>) -> Result<(), SigningError> {
        let mut connection = self.shared.runtime.checkout()?;
        let backend = backend_of(&mut connection)?;
        let id = signer.key_id();
        let messages = Messages::proof(&self.scoping, Proof::new(signer, backend, nobody()));
        let mut engine = Engine::new(connection, messages);
        let tried = || {
            engine.count_transaction()?;
            let mut connection: TenantConnection = ScopedConnection::new(engine, nobody());
            verify().execute(&mut connection)?;
            connection.engine().finish(Finish::Rollback)
        };
        tried().map_err(|source| SigningError::Refused { id, source })
    }

    /// What proves that this pool chose the tenant, if its scopes are signed.
    pub(super) fn proof(
        &self,
        connection: &mut Pooled,
        tenant: &TenantId,
    ) -> Result<Option<Proof>, CheckoutError> {
        let Some(signer) = &self.shared.signer else { return Ok(None) };
        let backend = backend_of(connection)?;
        Ok(Some(Proof::new(Arc::clone(signer), backend, tenant.clone())))
    }
}

/// The server process behind a connection, which is asked once.
fn backend_of(connection: &mut Pooled) -> Result<Backend, CheckoutError> {
    if let Some(backend) = PooledConnection::extensions(connection).get::<Backend>() {
        return Ok(*backend);
    }
    let row: BackendRow = backend()
        .get_result(&mut **connection)
        .map_err(|error| CheckoutError::Connect(Box::new(error)))?;
    let backend = Backend::from(row);
    PooledConnection::extensions_mut(connection).insert(backend);
    Ok(backend)
}
