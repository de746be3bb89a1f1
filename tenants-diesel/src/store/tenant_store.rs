//! What every store does.

use std::future::Future;

use futures_util::stream::{self, Stream, StreamExt};
use tenants_core::TenantId;
use tenants_core::store::{
    Filter, Limit, ListQuery, Merge, Metadata, NewTenant, Page, Slug, StoreError, Tenant,
    TenantChanges, TenantStatus, Version, Walked,
};

/// Keeps records of tenants.
///
/// [`DatabaseStore`](super::DatabaseStore) keeps them in a database and [`MemoryStore`](super::MemoryStore) in memory.
/// A store of your own implements the required methods and is held to the same by
/// `store_conformance!`(crate::store_conformance).
/// [`sync::TenantStore`](crate::sync::TenantStore) is the same without `.await`.
///
/// # Errors
///
/// All methods return [`StoreError`], and say below which of its variants. Each may return `Unavailable`, `Timeout` and
/// `Backend` as well, and each change `Invalid` for a record that cannot be read: it was made then.
///
/// # Cancellation
///
/// A change is made or not, and never by half. Once its future was dropped it may still be made, if it is with the
/// database.
pub trait TenantStore: Send + Sync {
    /// Makes a tenant, at version 1 and by the clock of the store.
    ///
    /// # Errors
    ///
    /// `DuplicateId`, also if a tenant of that id was [deleted](Self::delete); `DuplicateSlug`; `Slug` for one that is
    /// reserved; `Name`; `Seal`.
    fn create(&self, new: &NewTenant) -> impl Future<Output = Result<Tenant, StoreError>> + Send;

    /// The tenant of an id.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Invalid` if its record was written past the store and cannot be read.
    fn get(&self, id: &TenantId) -> impl Future<Output = Result<Tenant, StoreError>> + Send;

    /// The tenant of a slug.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    fn get_by_slug(&self, slug: &Slug) -> impl Future<Output = Result<Tenant, StoreError>> + Send;

    /// The tenants of some ids, each in the place of its id; `None` where there is no such tenant. As many as you like:
    /// 500 go in one query.
    ///
    /// # Errors
    ///
    /// `Invalid` if one of the records cannot be read.
    fn get_many(
        &self,
        ids: &[TenantId],
    ) -> impl Future<Output = Result<Vec<Option<Tenant>>, StoreError>> + Send;

    /// Whether there is a tenant of an id, whatever its status.
    fn exists(&self, id: &TenantId) -> impl Future<Output = Result<bool, StoreError>> + Send {
        async move {
            match self.get(id).await {
                Ok(_) | Err(StoreError::Invalid(_)) => Ok(true),
                Err(StoreError::NotFound) => Ok(false),
                Err(error) => Err(error),
            }
        }
    }

    /// Changes a tenant, if it is still at the version that was read.
    ///
    /// Status and metadata stay as they are: a stale update brings neither back.
    ///
    /// # Errors
    ///
    /// `NotFound`; `VersionConflict` if somebody else changed it meanwhile; `DuplicateSlug`; `Slug`; `Name`; `Seal`.
    fn update(
        &self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
    ) -> impl Future<Output = Result<Tenant, StoreError>> + Send;

    /// Gives a tenant another status, if it has one of `from` and [that may become it](TenantStatus::can_become). Of
    /// several callers at once, one succeeds.
    ///
    /// # Errors
    ///
    /// `NotFound`; `IllegalTransition` with the status that it has.
    fn transition(
        &self,
        id: &TenantId,
        from: &[TenantStatus],
        to: TenantStatus,
    ) -> impl Future<Output = Result<Tenant, StoreError>> + Send;

    /// Gives all of some tenants another status, or none of them, and returns how many. It restores nobody, since a list
    /// of tenants may be out of date: [`transition`](Self::transition) does, one by one.
    ///
    /// # Errors
    ///
    /// `Several`, with all that are missing and all whose status does not allow it.
    fn transition_many(
        &self,
        ids: &[TenantId],
        to: TenantStatus,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Puts metadata over what a tenant has. Any number of callers may do so at once; no key of theirs is lost.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Metadata` if the outcome is too large.
    fn merge_metadata(
        &self,
        id: &TenantId,
        patch: &Metadata,
        mode: Merge,
    ) -> impl Future<Output = Result<Tenant, StoreError>> + Send;

    /// Removes keys of a tenant's metadata; those that are not there are no error.
    ///
    /// # Errors
    ///
    /// `NotFound`
    fn remove_metadata(
        &self,
        id: &TenantId,
        keys: &[&str],
    ) -> impl Future<Output = Result<Tenant, StoreError>> + Send;

    /// Removes a tenant for good, whatever its status. Its slug is free from then on; its id is never given again,
    /// since rows of it may be left somewhere.
    ///
    /// # Errors
    ///
    /// `NotFound`
    fn delete(&self, id: &TenantId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A part of the list of all tenants, newest first. A record that cannot be read is named beside the others.
    fn list(
        &self,
        query: &ListQuery,
    ) -> impl Future<Output = Result<Page<Tenant>, StoreError>> + Send;

    /// How many tenants there are.
    fn count(&self, filter: &Filter) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The tenants whose slug or name holds a text, in upper or lower case: first the one of that slug, then those whose
    /// slug begins with it, then the others; each by slug.
    ///
    /// Slugs that begin with the text are read from an index. If these are fewer than `limit`, a database reads all tenants
    /// for the others, in PostgreSQL unless it has the index of
    /// [`search_index`](tenants_core::store::Dialect::search_index).
    ///
    /// Which letters are one apart from their case is for the database to say; SQLite knows that of ASCII alone.
    fn search(
        &self,
        text: &str,
        limit: Limit,
    ) -> impl Future<Output = Result<Vec<Tenant>, StoreError>> + Send;

    /// Up to `limit` tenants behind an id, in the order of their ids, and the id that the next ones are behind; `None`
    /// at the end.
    fn walk_from(
        &self,
        filter: &Filter,
        after: Option<&TenantId>,
        limit: Limit,
    ) -> impl Future<Output = Result<Walked, StoreError>> + Send;

    /// All tenants, in the order of their ids. Each that is there all the time comes once, whatever is changed
    /// meanwhile; 100 are read at a time.
    fn walk(&self, filter: Filter) -> impl Stream<Item = Result<Tenant, StoreError>> + Send
    where
        Self: Sized,
    {
        let pages = stream::unfold(Some(None), move |place: Option<Option<TenantId>>| {
            let filter = filter.clone();
            async move {
                let after = place?;
                match self.walk_from(&filter, after.as_ref(), Limit::default()).await {
                    Ok((tenants, next)) => Some((tenants, next.map(Some))),
                    Err(error) => Some((vec![Err(error)], None)),
                }
            }
        });
        pages.flat_map(stream::iter)
    }
}
