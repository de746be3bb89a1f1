//! The records, on a connection of the operator's.

use diesel_async::AsyncPgConnection;
use tenants_core::ddl;
use tenants_core::store::Tenant;
use tenants_core::{Identifier, Isolation};

use super::TenantCommandError;
use super::args::{Key, RecordsArgs, TenantRoleArgs};
use crate::catalog;
use crate::cli::connect::connect;
use crate::store::{Operations, Settings};

pub(super) struct Records<'a> {
    pub(super) connection: AsyncPgConnection,
    settings: &'a Settings,
}

impl<'a> Records<'a> {
    pub(super) async fn connect(
        args: &RecordsArgs,
        settings: &'a Settings,
    ) -> Result<Self, TenantCommandError> {
        Ok(Self { connection: connect(&args.database_url).await?, settings })
    }

    pub(super) fn operations(&mut self) -> Operations<'_, AsyncPgConnection> {
        Operations { connection: &mut self.connection, settings: self.settings }
    }

    /// Who may become the role of a tenant; `None` if tenants have no roles here.
    pub(super) async fn login<'b>(
        &mut self,
        args: &'b TenantRoleArgs,
    ) -> Result<Option<&'b Identifier>, TenantCommandError> {
        let functions = catalog::read_functions(&mut self.connection).await?;
        match ddl::function::isolation(&functions) {
            None => Err(TenantCommandError::UnknownIsolation),
            Some(Isolation::SharedRole) => Ok(None),
            Some(Isolation::RolePerTenant) => {
                args.login.as_ref().map(Some).ok_or(TenantCommandError::NoLogin)
            }
        }
    }
}

/// The tenant that the operator means.
pub(super) async fn find(
    operations: &mut Operations<'_, AsyncPgConnection>,
    key: &Key,
) -> Result<Tenant, TenantCommandError> {
    Ok(match key {
        Key::Id(id) => operations.get(id).await?,
        Key::Slug(slug) => operations.get_by_slug(slug).await?,
    })
}
