//! `tenants tenant suspend` and `activate`.

use std::collections::BTreeMap;
use std::fmt;

use diesel_async::AsyncConnection;
use tenants_core::Shown;
use tenants_core::store::{Page, StoreError, TenantStatus};

use super::args::{ActivateArgs, Key, RecordsArgs, SeveralArgs, SuspendArgs};
use super::records::Records;
use super::{Outcome, TenantCommandError, Written};
use crate::store::{Operations, Settings};

/// One of several tenants that cannot get a status. `Debug` does not show which one.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    tenant: String,
    /// What its status is; `None` if it is not there.
    status: Option<TenantStatus>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = Shown(&self.tenant);
        match self.status {
            None => write!(f, "`{tenant}` is not there"),
            Some(TenantStatus::Deleted) => {
                write!(f, "`{tenant}` is deleted: `tenants tenant restore` brings it back")
            }
            Some(status) => write!(f, "`{tenant}` is {status}"),
        }
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("status", &self.status).finish_non_exhaustive()
    }
}

pub(super) async fn suspend(
    args: &SuspendArgs,
    settings: &Settings,
) -> Result<Outcome, TenantCommandError> {
    let change = Change { from: &[TenantStatus::Active], to: TenantStatus::Suspended };
    let written = change.make(&args.several, &args.records, settings).await?;
    let notes = "Refused from now on. Scopes that began before go on to their end.\n".to_owned();
    Ok(Outcome { written, notes })
}

pub(super) async fn activate(
    args: &ActivateArgs,
    settings: &Settings,
) -> Result<Outcome, TenantCommandError> {
    // Not one that is deleted: whoever brings it back should know that.
    let from = &[TenantStatus::Suspended, TenantStatus::Provisioning];
    let change = Change { from, to: TenantStatus::Active };
    Ok(change.make(&args.several, &args.records, settings).await?.into())
}

struct Change {
    from: &'static [TenantStatus],
    to: TenantStatus,
}

impl Change {
    /// Changes all of the tenants, or none of them.
    async fn make(
        &self,
        several: &SeveralArgs,
        records: &RecordsArgs,
        settings: &Settings,
    ) -> Result<Written, TenantCommandError> {
        let keys = several.keys()?;
        let mut records = Records::connect(records, settings).await?;
        let changed = records.connection.transaction(async |connection| {
            let mut operations = Operations { connection, settings };
            // In the order of their ids, as the store locks several, so that nobody waits for each other.
            let (mut ids, mut refused) = (BTreeMap::new(), Vec::new());
            for key in &keys {
                let named = || key.as_str().to_owned();
                let id = match key {
                    Key::Id(id) => Ok(id.clone()),
                    Key::Slug(slug) => operations.get_by_slug(slug).await.map(|tenant| tenant.id),
                };
                match id {
                    Ok(id) => drop(ids.insert(id, named())),
                    Err(StoreError::NotFound) => {
                        refused.push(Refused { tenant: named(), status: None });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            let mut changed = Vec::with_capacity(ids.len());
            for (id, tenant) in ids {
                match operations.transition(&id, self.from, self.to).await {
                    Ok(tenant) => changed.push(tenant),
                    Err(StoreError::NotFound) => refused.push(Refused { tenant, status: None }),
                    Err(StoreError::IllegalTransition { from, .. }) => {
                        refused.push(Refused { tenant, status: Some(from) });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            if refused.is_empty() {
                Ok(changed)
            } else {
                Err(TenantCommandError::Several { refused })
            }
        });
        Ok(Written::List(Page::new(changed.await?, Vec::new(), None)))
    }
}
