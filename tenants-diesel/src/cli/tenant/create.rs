//! `tenants tenant create`.

use std::collections::BTreeSet;
use std::io::BufRead;

use diesel_async::{AsyncConnection, RunQueryDsl};
use tenants_core::store::{NewTenant, Placement};
use tenants_core::{Registry, RegistryError, TenantId, TenantType, lifecycle};
use uuid::Uuid;

use super::args::CreateArgs;
use super::records::Records;
use super::{Outcome, TenantCommandError, Written, own_database};
use crate::lifecycle::provisioning;
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
    let columns = match Registry::collect() {
        Ok(registry) => registry.tenant_types(),
        // It shares no table with others.
        Err(RegistryError::Empty) if placement != Placement::Shared => BTreeSet::new(),
        Err(error) => return Err(error.into()),
    };
    let id = id(args.id.as_ref(), columns)?;
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
            let app = &args.role.app_role;
            provisioning(lifecycle::PROVISION_ROLE, &new.id, app, login.as_str())
                .execute(connection)
                .await?;
        }
        Ok::<_, TenantCommandError>(tenant)
    });
    Ok(Written::Record(created.await?).into())
}

/// An id that all tenant columns of these types spell alike.
fn id(
    given: Option<&TenantId>,
    columns: BTreeSet<TenantType>,
) -> Result<TenantId, TenantCommandError> {
    if let Some(id) = given {
        columns.into_iter().try_for_each(|column| id.fits(column))?;
        return Ok(id.clone());
    }
    // Of random bits alone: many see an id, and none of them is to know when customers came.
    let id = TenantId::from(Uuid::new_v4());
    match columns.into_iter().find(|column| id.fits(*column).is_err()) {
        Some(column) => Err(TenantCommandError::NoId { column }),
        None => Ok(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_fits_all_columns_and_a_new_one_is_random() {
        use TenantType::{Int4, Text, Uuid};

        let new = || id(None, [Text, Uuid].into()).unwrap();
        assert_ne!(new(), new());
        assert_eq!(new().as_str().as_bytes()[14], b'4', "version 4");
        let refused = id(None, [Text, Int4].into());
        assert!(matches!(refused, Err(TenantCommandError::NoId { column: Int4 })));
        let seven = TenantId::from(7);
        assert_eq!(id(Some(&seven), [Text, Int4].into()).unwrap(), seven);
        let alias = TenantId::try_from("007").unwrap();
        assert!(matches!(id(Some(&alias), [Int4].into()), Err(TenantCommandError::Id(_))));
    }
}
