//! What a store does, on one connection.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tenants_core::TenantId;
use tenants_core::store::{
    CHUNK, Cursor, Filter, InvalidTenant, Limit, ListQuery, Merge, Metadata, MetadataError,
    NewTenant, Page, Placement, Record, ReservedSlugs, SeveralRefused, Slug, Statement, Statements,
    StoreError, Tenant, TenantChanges, TenantStatus, Version, Walked,
};

use super::codec::{SecretCodec, Unsealed};
use super::connection::{Failure, StoreConnection};
use super::transaction::{Undone, in_transaction};

/// What all operations of a store share.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) reserved: ReservedSlugs,
    pub(crate) codec: Arc<dyn SecretCodec>,
    pub(crate) lock_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reserved: ReservedSlugs::default(),
            codec: Arc::new(Unsealed),
            lock_timeout: Duration::from_secs(10),
        }
    }
}

impl Settings {
    pub(crate) fn with_reserved(&self, reserved: ReservedSlugs) -> Self {
        Self { reserved, ..self.clone() }
    }

    pub(crate) fn with_codec(&self, codec: impl SecretCodec + 'static) -> Self {
        Self { codec: Arc::new(codec), ..self.clone() }
    }

    pub(crate) fn with_lock_timeout(&self, lock_timeout: Duration) -> Self {
        Self { lock_timeout, ..self.clone() }
    }
}

/// The operations of a store on one connection of the caller's.
///
/// Within a transaction of the caller's each change is a savepoint: one that is refused leaves the transaction as it was. The
/// caller's isolation level applies then; from REPEATABLE READ on, a record that others have changed since the transaction
/// began is a [`Timeout`](StoreError::Timeout). Roll back and begin anew after one: MySQL and MariaDB have undone all of the
/// transaction at a deadlock.
///
/// # Cancellation
///
/// A dropped future may leave its savepoint open, so that the caller's transaction cannot be committed any more. Pools
/// close a connection with an open transaction.
pub struct Operations<'a, C> {
    pub(crate) connection: &'a mut C,
    pub(crate) settings: &'a Settings,
}

impl<C> fmt::Debug for Operations<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").finish_non_exhaustive()
    }
}

impl<C: StoreConnection> Operations<'_, C> {
    pub(super) const SQL: Statements = Statements(C::DIALECT);

    /// As [`TenantStore::get`](super::TenantStore::get).
    pub async fn get(&mut self, id: &TenantId) -> Result<Tenant, StoreError> {
        let found = self.connection.records(&Self::SQL.get(id)).await?;
        self.tenant(found.into_iter().next().ok_or(StoreError::NotFound)?)
    }

    /// As [`TenantStore::get_by_slug`](super::TenantStore::get_by_slug).
    pub async fn get_by_slug(&mut self, slug: &Slug) -> Result<Tenant, StoreError> {
        let found = self.connection.records(&Self::SQL.get_by_slug(slug)).await?;
        self.tenant(found.into_iter().next().ok_or(StoreError::NotFound)?)
    }

    /// As [`TenantStore::get_many`](super::TenantStore::get_many).
    pub async fn get_many(&mut self, ids: &[TenantId]) -> Result<Vec<Option<Tenant>>, StoreError> {
        let mut found = HashMap::new();
        for chunk in ids.chunks(CHUNK) {
            for record in self.connection.records(&Self::SQL.get_many(chunk)).await? {
                let tenant = self.tenant(record)?;
                found.insert(tenant.id.clone(), tenant);
            }
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// As [`TenantStore::create`](super::TenantStore::create).
    pub async fn create(&mut self, new: &NewTenant) -> Result<Tenant, StoreError> {
        new.check(&self.settings.reserved)?;
        let sealed = self.seal(&new.placement)?;
        let create = Self::SQL.create(new, sealed.as_deref());
        let created = in_transaction!(self, {
            match self.change(&create, &new.id).await {
                Err(Failure::Taken) => Ok(None),
                created => Ok(created?),
            }
        })?;
        match created {
            Some(record) => self.tenant(record),
            None if self.connection.number(&Self::SQL.is_taken(&new.id)).await? > 0 => {
                Err(StoreError::DuplicateId)
            }
            None => Err(StoreError::DuplicateSlug),
        }
    }

    /// As [`TenantStore::update`](super::TenantStore::update).
    pub async fn update(
        &mut self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        changes.check(&self.settings.reserved)?;
        let sealed = match &changes.placement {
            Some(placement) => self.seal(placement)?,
            None => None,
        };
        let update = Self::SQL.update(id, expected, changes, sealed.as_deref());
        let record = in_transaction!(self, {
            match self.change(&update, id).await? {
                Some(record) => Ok(record),
                None => {
                    let current = self.present(id).await?.version;
                    Err(StoreError::VersionConflict { current: Version::from_stored(current) }
                        .into())
                }
            }
        })?;
        self.tenant(record)
    }

    /// As [`TenantStore::transition`](super::TenantStore::transition).
    pub async fn transition(
        &mut self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        let allowed = from.iter().copied().filter(|from| from.can_become(to));
        let update = Self::SQL.transition(id, allowed, to);
        let record = in_transaction!(self, {
            match self.change(&update, id).await? {
                Some(record) => Ok(record),
                None => {
                    let current = self.present(id).await?.status().map_err(StoreError::from)?;
                    Err(StoreError::IllegalTransition { from: current, to }.into())
                }
            }
        })?;
        self.tenant(record)
    }

    /// As [`TenantStore::transition_many`](super::TenantStore::transition_many).
    pub async fn transition_many(
        &mut self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> Result<usize, StoreError> {
        let mut ids = ids.to_vec();
        // In one order, so that two of these do not wait for each other.
        ids.sort_unstable();
        ids.dedup();
        in_transaction!(self, {
            let mut found = HashMap::new();
            for chunk in ids.chunks(CHUNK) {
                for record in self.connection.records(&Self::SQL.lock_many(chunk)).await? {
                    // Whatever else of it can be read: who is to be suspended must be.
                    let status = record.status().map_err(StoreError::from)?;
                    found.insert(record.id, status);
                }
            }
            SeveralRefused::check(&ids, to, |id| found.get(id.as_str()).copied())
                .map_err(StoreError::from)?;
            let mut changed = 0;
            for chunk in ids.chunks(CHUNK) {
                changed += self.connection.execute(&Self::SQL.transition_many(chunk, to)).await?;
            }
            Ok(changed)
        })
        .map_err(StoreError::from)
    }

    /// As [`TenantStore::merge_metadata`](super::TenantStore::merge_metadata).
    pub async fn merge_metadata(
        &mut self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        let at_once = Self::SQL.merge(id, patch).filter(|_| mode == Merge::Shallow);
        let Some(merge) = at_once else {
            return self.with_metadata(id, |there| there.merge(patch, mode)).await;
        };
        let merged = in_transaction!(self, Ok(self.connection.records(&merge).await?.pop()))?;
        match merged {
            Some(record) => self.tenant(record),
            // It is not there, or what is there may make it too large.
            None => self.with_metadata(id, |there| there.merge(patch, mode)).await,
        }
    }

    /// As [`TenantStore::remove_metadata`](super::TenantStore::remove_metadata).
    pub async fn remove_metadata(
        &mut self,
        id: &TenantId,
        keys: &[&str],
    ) -> Result<Tenant, StoreError> {
        self.with_metadata(id, |there| {
            there.remove(keys.iter().copied());
            Ok(())
        })
        .await
    }

    /// Changes metadata that nobody else changes meanwhile.
    async fn with_metadata(
        &mut self,
        id: &TenantId,
        change: impl Fn(&mut Metadata) -> Result<(), MetadataError> + Send + Sync,
    ) -> Result<Tenant, StoreError> {
        let record = in_transaction!(self, {
            let there = self.connection.records(&Self::SQL.lock(id)).await?;
            let there = there.into_iter().next().ok_or(StoreError::NotFound)?;
            let mut metadata = Metadata::from_stored(&there.metadata);
            change(&mut metadata).map_err(StoreError::from)?;
            let changed = self.change(&Self::SQL.set_metadata(id, &metadata), id).await?;
            changed.ok_or(Undone::Refused(StoreError::NotFound))
        })?;
        self.tenant(record)
    }

    /// As [`TenantStore::delete`](super::TenantStore::delete).
    pub async fn delete(&mut self, id: &TenantId) -> Result<(), StoreError> {
        let delete = Self::SQL.delete(id);
        in_transaction!(self, {
            match self.connection.execute(&delete).await? {
                0 => Err(StoreError::NotFound.into()),
                _ => Ok(()),
            }
        })
        .map_err(StoreError::from)
    }

    /// As [`TenantStore::list`](super::TenantStore::list).
    pub async fn list(&mut self, query: &ListQuery) -> Result<Page<Tenant>, StoreError> {
        let mut records = self.connection.records(&Self::SQL.list(query)).await?;
        let limit = usize::from(query.limit.get());
        let is_last = records.len() <= limit;
        records.truncate(limit);
        let next = if is_last { None } else { records.last().and_then(behind) };
        let (items, invalid) = self.tenants(records);
        Ok(Page::new(items, invalid, next))
    }

    /// As [`TenantStore::walk_from`](super::TenantStore::walk_from).
    pub async fn walk_from(
        &mut self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Result<Walked, StoreError> {
        let records = self.connection.records(&Self::SQL.walk(filter, after, limit.get())).await?;
        let last = records.last().and_then(|record| TenantId::try_from(&*record.id).ok());
        let next = if records.len() < usize::from(limit.get()) { None } else { last };
        Ok((records.into_iter().map(|record| self.tenant(record)).collect(), next))
    }

    /// As [`TenantStore::count`](super::TenantStore::count).
    pub async fn count(&mut self, filter: &Filter) -> Result<u64, StoreError> {
        let number = self.connection.number(&Self::SQL.count(filter)).await?;
        Ok(u64::try_from(number).unwrap_or_default())
    }

    /// As [`TenantStore::search`](super::TenantStore::search).
    pub async fn search(&mut self, text: &str, limit: Limit) -> Result<Vec<Tenant>, StoreError> {
        // No name holds it, and a database may refuse to look.
        if text.contains('\0') || text.chars().count() > Tenant::MAX_NAME_CHARACTERS {
            return Ok(Vec::new());
        }
        let found = self.connection.records(&Self::SQL.search(text, limit.get())).await?;
        Ok(self.tenants(found).0)
    }

    /// Changes one record and returns it as it is then, within a transaction.
    async fn change(
        &mut self,
        statement: &Statement,
        id: &TenantId,
    ) -> Result<Option<Record>, Failure> {
        let records = if C::DIALECT.returns() {
            self.connection.records(statement).await?
        } else if self.connection.execute(statement).await? == 0 {
            return Ok(None);
        } else {
            self.connection.records(&Self::SQL.get(id)).await?
        };
        Ok(records.into_iter().next())
    }

    async fn present(&mut self, id: &TenantId) -> Result<Record, Undone> {
        let found = self.connection.records(&Self::SQL.current(id)).await?;
        found.into_iter().next().ok_or(Undone::Refused(StoreError::NotFound))
    }

    fn tenant(&self, record: Record) -> Result<Tenant, StoreError> {
        Ok(record.into_tenant(|sealed| self.settings.codec.open(sealed))?)
    }

    /// Those that can be read, and those that cannot.
    fn tenants(&self, records: Vec<Record>) -> (Vec<Tenant>, Vec<InvalidTenant>) {
        let (mut tenants, mut invalid) = (Vec::new(), Vec::new());
        for record in records {
            match record.into_tenant(|sealed| self.settings.codec.open(sealed)) {
                Ok(tenant) => tenants.push(tenant),
                Err(unreadable) => invalid.push(unreadable),
            }
        }
        (tenants, invalid)
    }

    fn seal(&self, placement: &Placement) -> Result<Option<String>, StoreError> {
        match placement {
            Placement::Database(url) => {
                let sealed = self.settings.codec.seal(url.expose());
                sealed.map(Some).ok_or(StoreError::Seal)
            }
            _ => Ok(None),
        }
    }
}

/// The place behind a record, whatever else of it can be read.
fn behind(record: &Record) -> Option<Cursor> {
    let id = TenantId::try_from(&*record.id).ok()?;
    let is_early = record.created_at < 0;
    let end = if is_early { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    let created_at = DateTime::<Utc>::from_timestamp_micros(record.created_at).unwrap_or(end);
    Some(Cursor::behind(&id, created_at))
}
