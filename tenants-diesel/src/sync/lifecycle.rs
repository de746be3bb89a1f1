//! Creating, deleting and listing tenants.

use diesel::prelude::*;
use diesel::sql_types::Text;
use tenants_core::scope::Admission;
use tenants_core::{Isolation, TenantId, TenantIdError, lifecycle};

use super::checkout::Source;
use super::engine::{Engine, Finish};
use super::tenant_pool::TenantPool;
use crate::error::{CheckoutError, LifecycleError};
use crate::lifecycle::{ExistsRow, IdRow, provisioning};
use crate::messages::Messages;

impl TenantPool {
    /// Creates a tenant and returns its id.
    ///
    /// Takes text, `i32`, `i64`, [`Uuid`](uuid::Uuid) or a [`TenantId`].
    ///
    /// # Executed SQL
    ///
    /// `SELECT tenants.create_tenant($1)`, in a transaction, as the provisioning login, or the runtime
    /// login if there is none. With one role per tenant
    /// `SELECT tenants.provision_tenant($1, 'tenants_app', 'app_login')` as the provisioning login, which
    /// also creates the role `tenant_<id>`.
    ///
    /// # Errors
    ///
    /// [`LifecycleError::AlreadyExists`], also if another caller creates it at the same time;
    /// [`TenantDeleted`](LifecycleError::TenantDeleted) if it existed before, because its rows are
    /// still there; [`TenantId`](LifecycleError::TenantId) for an id that fits no tenant column;
    /// [`Denied`](LifecycleError::Denied) if that is for another login. With one role per tenant also those of
    /// [`provision_role`](Self::provision_role), but for the first.
    pub fn create_tenant<I>(&self, id: I) -> Result<TenantId, LifecycleError>
    where
        I: TryInto<TenantId>,
        I::Error: Into<TenantIdError>,
    {
        let tenant = self.tenant_id(id)?;
        match self.scoping.scope.isolation {
            Isolation::SharedRole => self.call(lifecycle::CREATE, &tenant)?,
            Isolation::RolePerTenant => self.provision(lifecycle::PROVISION, &tenant)?,
        }
        Ok(tenant)
    }

    /// Deletes a tenant: no scope admits it any more. Its rows stay.
    ///
    /// Scopes that were entered before go on until they end. With one role per tenant the role
    /// stays too, because other databases of the cluster may use it.
    ///
    /// # Executed SQL
    ///
    /// `SELECT tenants.delete_tenant($1)`, as the provisioning login, or the runtime login if there is none.
    ///
    /// # Errors
    ///
    /// [`LifecycleError::NotFound`] if there is no such tenant, or it was deleted already;
    /// [`Denied`](LifecycleError::Denied) if that is for another login.
    pub fn delete_tenant<I>(&self, id: I) -> Result<(), LifecycleError>
    where
        I: TryInto<TenantId>,
        I::Error: Into<TenantIdError>,
    {
        let tenant = self.tenant_id(id)?;
        self.call(lifecycle::DELETE, &tenant)
    }

    /// Brings a deleted tenant back, with the rows it had.
    ///
    /// # Executed SQL
    ///
    /// `SELECT tenants.restore_tenant($1)`, as the provisioning login, or the runtime login if there is
    /// none. With one role per tenant
    /// `SELECT tenants.restore_tenant($1, 'tenants_app', 'app_login')` as the provisioning login, which
    /// also makes the role `tenant_<id>` if it is missing.
    ///
    /// # Errors
    ///
    /// [`LifecycleError::NotFound`] if it never existed,
    /// [`AlreadyExists`](LifecycleError::AlreadyExists) if it is not deleted,
    /// [`Denied`](LifecycleError::Denied) if that is for another login. With one role per tenant also those of
    /// [`provision_role`](Self::provision_role).
    pub fn restore_tenant<I>(&self, id: I) -> Result<TenantId, LifecycleError>
    where
        I: TryInto<TenantId>,
        I::Error: Into<TenantIdError>,
    {
        let tenant = self.tenant_id(id)?;
        match self.scoping.scope.isolation {
            Isolation::SharedRole => self.call(lifecycle::RESTORE, &tenant)?,
            Isolation::RolePerTenant => {
                self.provision(lifecycle::RESTORE_PROVISIONED, &tenant)?;
            }
        }
        Ok(tenant)
    }

    /// Makes the role of a tenant that exists, or gives it back the memberships that it lacks.
    ///
    /// For isolation by one role per tenant, after somebody dropped or revoked the role. It touches no
    /// row, and a role that lacks nothing stays as it is. For all tenants at once, such as those of a
    /// database that was restored into another cluster, run `tenants setup` again.
    ///
    /// # Executed SQL
    ///
    /// `SELECT tenants.provision_role($1, 'tenants_app', 'app_login')`, as the provisioning login.
    ///
    /// # Errors
    ///
    /// [`LifecycleError::NotFound`] if there is no such tenant, or it was deleted;
    /// [`NoProvisioningUrl`](LifecycleError::NoProvisioningUrl) without a provisioning login,
    /// [`RoleRefused`](LifecycleError::RoleRefused) if that may not make or grant the role;
    /// [`UnfitRole`](LifecycleError::UnfitRole) and [`RoleInUse`](LifecycleError::RoleInUse) if a
    /// role of that name is there and must not be taken for the tenant's;
    /// [`TenantId`](LifecycleError::TenantId) for an id too long for a role's name.
    pub fn provision_role<I>(&self, id: I) -> Result<(), LifecycleError>
    where
        I: TryInto<TenantId>,
        I::Error: Into<TenantIdError>,
    {
        let tenant = self.tenant_id(id)?;
        self.provision(lifecycle::PROVISION_ROLE, &tenant)
    }

    /// All tenants that are not deleted, in the order of their ids' bytes.
    ///
    /// # Executed SQL
    ///
    /// `SELECT id FROM tenants.list_tenants()`, as the provisioning login, or the runtime login if there is
    /// none.
    ///
    /// # Errors
    ///
    /// [`LifecycleError::Denied`], [`Checkout`](LifecycleError::Checkout) or
    /// [`Database`](LifecycleError::Database).
    pub fn list_tenants(&self) -> Result<Vec<TenantId>, LifecycleError> {
        let mut engine = self.as_login(self.administration())?;
        let rows: Vec<IdRow> = diesel::sql_query(lifecycle::LIST).load(&mut engine)?;
        engine.finish(Finish::Commit)?;
        rows.into_iter().map(|row| Ok(TenantId::try_from(row.id)?)).collect()
    }

    /// Whether the tenant is there and not deleted.
    ///
    /// # Executed SQL
    ///
    /// `SELECT tenants.tenant_exists($1)`, as the runtime login.
    ///
    /// # Errors
    ///
    /// [`LifecycleError::Checkout`] or [`Database`](LifecycleError::Database).
    pub fn tenant_exists<I>(&self, id: I) -> Result<bool, LifecycleError>
    where
        I: TryInto<TenantId>,
        I::Error: Into<TenantIdError>,
    {
        let tenant = self.tenant_id(id)?;
        self.find(lifecycle::EXISTS, &tenant)
    }

    /// Where a scope cannot create a missing tenant itself, because that takes a role, does it first.
    pub(super) fn provision_if_missing(&self, tenant: &TenantId) -> Result<(), CheckoutError> {
        let scope = &self.scoping.scope;
        if scope.isolation != Isolation::RolePerTenant
            || scope.admission != Admission::CreateIfMissing
        {
            return Ok(());
        }
        let mut created = match self.find(lifecycle::IS_PROVISIONED, tenant) {
            Ok(true) => return Ok(()),
            Ok(false) => self.provision(lifecycle::PROVISION, tenant),
            Err(error) => Err(error),
        };
        if matches!(created, Err(LifecycleError::AlreadyExists)) {
            // It lacks its role alone, or another caller was faster.
            created = self.provision(lifecycle::PROVISION_ROLE, tenant);
        }
        match created {
            // The scope says that it was deleted.
            Ok(()) | Err(LifecycleError::TenantDeleted) => Ok(()),
            Err(error) => Err(CheckoutError::CreateTenant(Box::new(error))),
        }
    }

    fn provision(&self, statement: &str, tenant: &TenantId) -> Result<(), LifecycleError> {
        let source = self.shared.provisioning.as_ref().ok_or(LifecycleError::NoProvisioningUrl)?;
        tenant.role()?;
        let mut engine = self.as_login(source)?;
        let app = &self.scoping.scope.roles.app;
        provisioning(statement, tenant, app, &self.shared.login).execute(&mut engine)?;
        Ok(engine.finish(Finish::Commit)?)
    }

    fn find(&self, statement: &str, tenant: &TenantId) -> Result<bool, LifecycleError> {
        let mut engine = self.as_login(&self.shared.runtime)?;
        let row: ExistsRow = diesel::sql_query(statement)
            .bind::<Text, _>(tenant.as_str())
            .get_result(&mut engine)?;
        engine.finish(Finish::Commit)?;
        Ok(row.found)
    }

    fn call(&self, statement: &str, tenant: &TenantId) -> Result<(), LifecycleError> {
        let mut engine = self.as_login(self.administration())?;
        diesel::sql_query(statement).bind::<Text, _>(tenant.as_str()).execute(&mut engine)?;
        Ok(engine.finish(Finish::Commit)?)
    }

    fn tenant_id<I>(&self, id: I) -> Result<TenantId, LifecycleError>
    where
        I: TryInto<TenantId>,
        I::Error: Into<TenantIdError>,
    {
        let tenant = id.try_into().map_err(Into::into)?;
        self.scoping.check(&tenant)?;
        Ok(tenant)
    }

    /// The connections of whoever may administer tenants.
    fn administration(&self) -> &Source {
        self.shared.provisioning.as_ref().unwrap_or(&self.shared.runtime)
    }

    /// A transaction of the login itself, which no application code sees.
    fn as_login(&self, source: &Source) -> Result<Engine, LifecycleError> {
        let messages = Messages::as_login(&self.scoping);
        let mut engine = Engine::new(source.checkout()?, messages);
        engine.count_transaction()?;
        Ok(engine)
    }
}
