//! `tenants tenant delete` and `restore`.

#![allow(clippy::disallowed_methods, reason = "calls functions of `tenants_core::lifecycle`")]

use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, RunQueryDsl};
use tenants_core::store::{Page, Placement, StoreError, Tenant, TenantStatus};
use tenants_core::{Shown, TenantId, lifecycle};

use super::args::{DeleteArgs, Key, RestoreArgs};
use super::records::{Records, find};
use super::{Dialogue, Outcome, TenantCommandError, Written, on_runtime};
use crate::lifecycle::provisioning;
use crate::store::{Operations, Settings};

/// Marks a tenant as deleted, also one whose record cannot be read.
pub(super) async fn delete(
    args: &DeleteArgs,
    settings: &Settings,
) -> Result<Outcome, TenantCommandError> {
    let key = args.one.key()?;
    let mut records = Records::connect(&args.records, settings).await?;
    let deleted = records.connection.transaction(async |connection| {
        let mut operations = Operations { connection: &mut *connection, settings };
        let id = match (find(&mut operations, &key).await, &key) {
            (Ok(tenant), _) if tenant.status == TenantStatus::Deleted => {
                return Err(TenantCommandError::Deleted);
            }
            (Ok(tenant), _) => tenant.id,
            (Err(TenantCommandError::Store(StoreError::Invalid(_))), Key::Id(id)) => id.clone(),
            (Err(error), _) => return Err(error),
        };
        diesel::sql_query(lifecycle::DELETE)
            .bind::<Text, _>(id.as_str())
            .execute(&mut *connection)
            .await?;
        match (Operations { connection, settings }).get(&id).await {
            Ok(tenant) => Ok((id, Written::Record(tenant))),
            Err(StoreError::Invalid(invalid)) => {
                Ok((id, Written::List(Page::new(Vec::new(), vec![invalid], None))))
            }
            Err(error) => Err(error.into()),
        }
    });
    let (id, written) = deleted.await?;
    let notes = format!(
        "Refused from now on. Scopes that began before go on to their end.\n\
         Its rows stay: `tenants erase {0}` deletes them, `tenants tenant restore {0}` brings the tenant back.\n",
        Shown(id.as_str())
    );
    Ok(Outcome { written, notes })
}

/// Removes the record of a deleted tenant, once somebody typed its slug.
pub(super) fn purge(
    args: &DeleteArgs,
    settings: &Settings,
    dialogue: &mut Dialogue<'_>,
) -> Result<Outcome, TenantCommandError> {
    let key = args.one.key()?;
    let tenant = on_runtime(async {
        let mut records = Records::connect(&args.records, settings).await?;
        find(&mut records.operations(), &key).await
    })?;
    deleted(tenant.status)?;
    if !args.yes {
        confirm(&tenant, dialogue)?;
    }
    on_runtime(remove(args, &tenant.id, settings))?;
    Ok(Written::Purged(tenant.id).into())
}

async fn remove(
    args: &DeleteArgs,
    id: &TenantId,
    settings: &Settings,
) -> Result<(), TenantCommandError> {
    let mut records = Records::connect(&args.records, settings).await?;
    let removed = records.connection.transaction(async |connection| {
        let mut operations = Operations { connection, settings };
        // Locks the record: somebody may have restored the tenant while nobody typed anything.
        match operations.transition(id, &[TenantStatus::Deleted], TenantStatus::Deleting).await {
            Ok(_) => Ok(operations.delete(id).await?),
            Err(StoreError::IllegalTransition { from, .. }) => deleted(from),
            Err(error) => Err(error.into()),
        }
    });
    removed.await
}

fn deleted(status: TenantStatus) -> Result<(), TenantCommandError> {
    match status {
        TenantStatus::Deleted => Ok(()),
        status => Err(TenantCommandError::PurgeOfUndeleted { status }),
    }
}

fn confirm(tenant: &Tenant, dialogue: &mut Dialogue<'_>) -> Result<(), TenantCommandError> {
    let id = tenant.id.as_str();
    let name = tenant.slug.as_ref().map_or(id, |slug| slug.as_str());
    let place = match &tenant.placement {
        Placement::Schema(schema) => {
            format!(" Nothing tells then that schema `{schema}` was its own.")
        }
        Placement::Database(_) => " Nothing tells then where its own database is.".to_owned(),
        _ => String::new(),
    };
    let _ = write!(
        dialogue.errors,
        "The record of `{}` goes for good. Its rows stay: `tenants erase {}` deletes them, before this or behind it.{place}\n\
         Type `{0}` to go on: ",
        Shown(name),
        Shown(id)
    );
    let _ = dialogue.errors.flush();
    let mut typed = String::new();
    let read = dialogue.input.read_line(&mut typed);
    if read.is_ok() && typed.trim_end_matches(['\r', '\n']) == name {
        Ok(())
    } else {
        Err(TenantCommandError::Unconfirmed)
    }
}

pub(super) async fn restore(
    args: &RestoreArgs,
    settings: &Settings,
) -> Result<Outcome, TenantCommandError> {
    let key = args.one.key()?;
    let mut records = Records::connect(&args.records, settings).await?;
    let login = records.login(&args.role).await?;
    let restored = records.connection.transaction(async |connection| {
        let mut operations = Operations { connection: &mut *connection, settings };
        let id = find(&mut operations, &key).await?.id;
        match login {
            None => {
                let restore = diesel::sql_query(lifecycle::RESTORE).bind::<Text, _>(id.as_str());
                restore.execute(&mut *connection).await?;
            }
            Some(login) => {
                let app = &args.role.app_role;
                provisioning(lifecycle::RESTORE_PROVISIONED, &id, app, login.as_str())
                    .execute(&mut *connection)
                    .await?;
            }
        }
        find(&mut Operations { connection, settings }, &key).await
    });
    Ok(Written::Record(restored.await?).into())
}
