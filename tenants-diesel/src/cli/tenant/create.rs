//! `tenants tenant create`.

#![allow(clippy::disallowed_methods, reason = "calls a function of `tenants_core::lifecycle`")]

use std::collections::BTreeSet;
use std::io::BufRead;

use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, RunQueryDsl};
use tenants_core::store::{NewTenant, Placement};
use tenants_core::{Registry, RegistryError, TenantId, lifecycle};
use uuid::Uuid;

use super::args::CreateArgs;
use super::records::Records;
use super::{Outcome, TenantCommandError, Written, own_database};
use crate::store::{Operations, Settings};

/// Where the tenant's rows will live.
pub(super) fn placement(
    args: &CreateArgs,
    input: &mut dyn BufRead,
) -> Result<Placement, TenantCommandError> {
    Ok(match (&args.schema, &args.own_database_env) {
        (Some(name), _) => Placement::Schema(name.clone()),
        (None, Some(variable)) => Placement::Database(own_database::from_variable(variable)?),
        (None, None) if args.own_database_stdin => {
            Placement::Database(own_database::from_input(input)?)
        }
        (None, None) => Placement::Shared,
    })
}

pub(super) async fn create(
    args: &CreateArgs,
    placement: Placement,
    settings: &Settings,
) -> Result<Outcome, TenantCommandError> {
    let id = id(args, &placement)?;
    let mut new = NewTenant::new(id, args.slug.clone()).status(args.status).placement(placement);
    if let Some(name) = &args.name {
        new = new.name(name);
    }
    if let Some(metadata) = &args.metadata {
        new = new.metadata(metadata.clone());
    }
    let mut records = Records::connect(&args.records, settings).await?;
    let login = records.login(&args.role).await?;
    if login.is_some() {
        new.id.role()?;
    }
    let created = records.connection.transaction(async |connection| {
        let tenant = Operations { connection: &mut *connection, settings }.create(&new).await?;
        if let Some(login) = login {
            diesel::sql_query(lifecycle::PROVISION_ROLE)
                .bind::<Text, _>(new.id.as_str())
                .bind::<Text, _>(args.role.app_role.as_str())
                .bind::<Text, _>(login.as_str())
                .execute(connection)
                .await?;
        }
        Ok::<_, TenantCommandError>(tenant)
    });
    Ok(Written::Record(created.await?).into())
}

/// An id that all registered tenant columns spell alike.
fn id(args: &CreateArgs, placement: &Placement) -> Result<TenantId, TenantCommandError> {
    let columns = match Registry::collect() {
        Ok(registry) => registry.tenant_types(),
        // It shares no table with others.
        Err(RegistryError::Empty) if *placement != Placement::Shared => BTreeSet::new(),
        Err(error) => return Err(error.into()),
    };
    match &args.id {
        Some(id) => {
            columns.into_iter().try_for_each(|column| id.fits(column))?;
            Ok(id.clone())
        }
        None => {
            // Of random bits alone: an id is seen by many, and is not to tell when customers came.
            let id = TenantId::from(Uuid::new_v4());
            match columns.into_iter().find(|column| id.fits(*column).is_err()) {
                Some(column) => Err(TenantCommandError::NoId { column }),
                None => Ok(id),
            }
        }
    }
}
