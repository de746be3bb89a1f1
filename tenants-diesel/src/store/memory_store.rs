//! A store in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use tenants_core::TenantId;
use tenants_core::store::{
    Cursor, Filter, Limit, ListQuery, Merge, Metadata, NewTenant, Page, ReservedSlugs,
    SeveralRefused, Slug, StoreError, Tenant, TenantChanges, TenantStatus, Version, Walked,
};

/// A store in memory, for tests and for programs whose tenants need not outlast them.
///
/// Clones share their tenants.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    reserved: Arc<ReservedSlugs>,
}

#[derive(Default)]
struct State {
    tenants: BTreeMap<TenantId, Tenant>,
    slugs: HashMap<Slug, TenantId>,
    /// Ids of tenants that were deleted.
    purged: BTreeSet<TenantId>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reserves other slugs.
    #[must_use]
    pub fn reserved_slugs(self, reserved: ReservedSlugs) -> Self {
        Self { reserved: Arc::new(reserved), ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change is made before all that can fail has been done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn create(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        new.check(&self.reserved)?;
        let mut state = self.state();
        if state.tenants.contains_key(&new.id) || state.purged.contains(&new.id) {
            return Err(StoreError::DuplicateId);
        }
        if state.slugs.contains_key(&new.slug) {
            return Err(StoreError::DuplicateSlug);
        }
        let tenant = Tenant::created(new, now());
        state.slugs.insert(new.slug.clone(), new.id.clone());
        state.tenants.insert(new.id.clone(), tenant.clone());
        Ok(tenant)
    }

    pub(crate) fn get(&self, id: &TenantId) -> Result<Tenant, StoreError> {
        self.state().tenants.get(id).cloned().ok_or(StoreError::NotFound)
    }

    pub(crate) fn get_by_slug(&self, slug: &Slug) -> Result<Tenant, StoreError> {
        let state = self.state();
        let id = state.slugs.get(slug).ok_or(StoreError::NotFound)?;
        state.tenants.get(id).cloned().ok_or(StoreError::NotFound)
    }

    pub(crate) fn get_many(&self, ids: &[TenantId]) -> Vec<Option<Tenant>> {
        let state = self.state();
        ids.iter().map(|id| state.tenants.get(id).cloned()).collect()
    }

    pub(crate) fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> Result<Tenant, StoreError> {
        changes.check(&self.reserved)?;
        let mut state = self.state();
        let there = state.tenants.get(id).ok_or(StoreError::NotFound)?.clone();
        if there.version != expected {
            return Err(StoreError::VersionConflict { current: there.version });
        }
        if let Some(slug) = &changes.slug {
            if slug.as_ref().is_some_and(|slug| state.slugs.get(slug).is_some_and(|at| at != id)) {
                return Err(StoreError::DuplicateSlug);
            }
            if let Some(old) = &there.slug {
                state.slugs.remove(old);
            }
            if let Some(slug) = slug {
                state.slugs.insert(slug.clone(), id.clone());
            }
        }
        state.change(id, |tenant| {
            if let Some(slug) = &changes.slug {
                tenant.slug.clone_from(slug);
            }
            if let Some(name) = &changes.name {
                tenant.name.clone_from(name);
            }
            if let Some(placement) = &changes.placement {
                tenant.placement.clone_from(placement);
            }
        })
    }

    pub(crate) fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> Result<Tenant, StoreError> {
        let mut state = self.state();
        let status = state.tenants.get(id).ok_or(StoreError::NotFound)?.status;
        if !from.contains(&status) || !status.can_become(to) {
            return Err(StoreError::IllegalTransition { from: status, to });
        }
        state.change(id, |tenant| tenant.status = to)
    }

    pub(crate) fn transition_many(
        &self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> Result<usize, StoreError> {
        let ids: BTreeSet<_> = ids.iter().cloned().collect();
        let ids = Vec::from_iter(ids);
        let mut state = self.state();
        SeveralRefused::check(&ids, to, |id| state.tenants.get(id).map(|it| it.status))?;
        for id in &ids {
            state.change(id, |tenant| tenant.status = to)?;
        }
        Ok(ids.len())
    }

    pub(crate) fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> Result<Tenant, StoreError> {
        let mut state = self.state();
        let mut metadata = state.tenants.get(id).ok_or(StoreError::NotFound)?.metadata.clone();
        metadata.merge(patch, mode)?;
        state.change(id, |tenant| tenant.metadata = metadata)
    }

    pub(crate) fn remove_metadata(
        &self,
        id: &TenantId,
        keys: &[&str],
    ) -> Result<Tenant, StoreError> {
        self.state().change(id, |tenant| tenant.metadata.remove(keys.iter().copied()))
    }

    pub(crate) fn delete(&self, id: &TenantId) -> Result<(), StoreError> {
        let mut state = self.state();
        let tenant = state.tenants.remove(id).ok_or(StoreError::NotFound)?;
        if let Some(slug) = &tenant.slug {
            state.slugs.remove(slug);
        }
        state.purged.insert(tenant.id);
        Ok(())
    }

    pub(crate) fn list(&self, query: &ListQuery) -> Page<Tenant> {
        let place = |tenant: &Tenant| (tenant.created_at.timestamp_micros(), tenant.id.clone());
        let state = self.state();
        let mut all: Vec<_> = of(&state, &query.filter).collect();
        all.sort_by_key(|tenant| std::cmp::Reverse(place(tenant)));
        if let Some(after) = &query.after {
            let (created_at, id) = after.key();
            all.retain(|tenant| place(tenant) < (created_at, id.clone()));
        }
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let mut behind = all.into_iter().skip(offset);
        let items: Vec<_> = behind.by_ref().take(query.limit.get().into()).cloned().collect();
        let last = items.last().filter(|_| behind.next().is_some());
        let next = last.map(|last| Cursor::behind(&last.id, last.created_at));
        Page::new(items, Vec::new(), next)
    }

    pub(crate) fn count(&self, filter: &Filter) -> u64 {
        of(&self.state(), filter).count() as u64
    }

    pub(crate) fn search(&self, text: &str, limit: Limit) -> Vec<Tenant> {
        let text = text.to_lowercase();
        let slug = |tenant: &Tenant| tenant.slug.as_ref().map_or("", Slug::as_str).to_owned();
        let state = self.state();
        let mut found: Vec<_> = state
            .tenants
            .values()
            .filter(|it| slug(it).contains(&text) || it.name.to_lowercase().contains(&text))
            .collect();
        found.sort_by_key(|tenant| {
            let slug = slug(tenant);
            let rank = if slug == text { 0 } else { 2 - u8::from(slug.starts_with(&text)) };
            (rank, slug, tenant.id.clone())
        });
        found.into_iter().take(limit.get().into()).cloned().collect()
    }

    pub(crate) fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> Walked {
        let state = self.state();
        let behind = of(&state, filter).filter(|tenant| after.is_none_or(|id| tenant.id > *id));
        let page: Vec<_> = behind.take(limit.get().into()).cloned().collect();
        let is_full = page.len() == usize::from(limit.get());
        let next = page.last().filter(|_| is_full).map(|tenant| tenant.id.clone());
        (page.into_iter().map(Ok).collect(), next)
    }
}

impl State {
    fn change(
        &mut self,
        id: &TenantId,
        change: impl FnOnce(&mut Tenant),
    ) -> Result<Tenant, StoreError> {
        let tenant = self.tenants.get_mut(id).ok_or(StoreError::NotFound)?;
        change(tenant);
        tenant.version = Version::from_stored(tenant.version.stored() + 1);
        tenant.updated_at = tenant.updated_at.max(now());
        Ok(tenant.clone())
    }
}

fn of<'a>(state: &'a State, filter: &'a Filter) -> impl Iterator<Item = &'a Tenant> {
    state.tenants.values().filter(|tenant| filter.statuses().contains(&tenant.status))
}

/// To the microsecond, as databases have it.
fn now() -> DateTime<Utc> {
    let now = DateTime::<Utc>::from(SystemTime::now());
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
