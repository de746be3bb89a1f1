//! What a store refuses.

use std::fmt;

use thiserror::Error;

use super::{InvalidTenant, MetadataError, NameError, SlugError, TenantStatus, Version};
use crate::tenant_id::TenantId;

/// Why a store did not do what it was asked for. Nothing was changed, unless a variant says so.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such tenant.
    #[error("there is no such tenant")]
    NotFound,
    /// The id belongs to another tenant, or did before that was removed.
    #[error("the id belongs, or once belonged, to another tenant: take a new one")]
    DuplicateId,
    /// The slug belongs to another tenant.
    #[error("the slug belongs to another tenant: choose another one")]
    DuplicateSlug,
    /// The slug may not be given.
    #[error(transparent)]
    Slug(#[from] SlugError),
    /// The name may not be given.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The metadata cannot be kept.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Somebody else changed the tenant meanwhile.
    #[error(
        "the tenant was changed meanwhile and is at version {current}: read it again and decide anew"
    )]
    VersionConflict {
        /// What is stored now.
        current: Version,
    },
    /// The tenant's status does not allow the other one, or is not what was expected.
    #[error("a tenant that is {from} does not become {to} here")]
    IllegalTransition {
        /// What the status is.
        from: TenantStatus,
        /// What it was to become.
        to: TenantStatus,
    },
    /// Some of several tenants cannot get the status. None of them was changed.
    #[error(transparent)]
    Several(#[from] SeveralRefused),
    /// The record was written past the store, or its URL cannot be opened. A change was made all the same, unless it
    /// depends on a status that is none.
    #[error(transparent)]
    Invalid(#[from] InvalidTenant),
    /// The URL of a tenant's database could not be sealed.
    #[error(
        "the URL of the tenant's database could not be sealed: see to the store's `SecretCodec`"
    )]
    Seal,
    /// Another transaction held the record for too long, or was in the way each time. A transaction of the caller's begins
    /// anew as a whole.
    #[error("the record was locked for too long: try again")]
    Timeout,
    /// There is no connection. What was sent last may have been done.
    #[error("the database of the store cannot be reached")]
    Unavailable,
    /// The database refused what should be possible. Its message may hold data, so only its kind is told.
    #[error(
        "the database of the store refused ({kind}): is the store installed, and may the login use it?"
    )]
    Backend {
        /// What kind of error it was.
        kind: String,
    },
}

/// Which of several tenants cannot get a status. `Debug` shows how many.
#[derive(Clone, PartialEq, Eq, Error)]
#[error("no status was changed: {} of the tenants are not there, and {} must not get it", missing.len(), illegal.len())]
pub struct SeveralRefused {
    /// Those that are not there.
    pub missing: Vec<TenantId>,
    /// Those whose status does not allow it, and what it is.
    pub illegal: Vec<(TenantId, TenantStatus)>,
}

impl SeveralRefused {
    /// Checks that all of some tenants are there and may get a status. Nobody is restored together with others.
    ///
    /// # Errors
    ///
    /// [`SeveralRefused`] with those of which that is not so.
    pub fn check(
        ids: &[TenantId],
        to: TenantStatus,
        status: impl Fn(&TenantId) -> Option<TenantStatus>,
    ) -> Result<(), Self> {
        let (mut missing, mut illegal) = (Vec::new(), Vec::new());
        for id in ids {
            match status(id) {
                None => missing.push(id.clone()),
                Some(status) if !status.can_become(to) || status.is_restored_by(to) => {
                    illegal.push((id.clone(), status));
                }
                Some(_) => {}
            }
        }
        let is_legal = missing.is_empty() && illegal.is_empty();
        if is_legal { Ok(()) } else { Err(Self { missing, illegal }) }
    }
}

impl fmt::Debug for SeveralRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (missing, illegal) = (self.missing.len(), self.illegal.len());
        let mut debug = f.debug_struct("SeveralRefused");
        debug.field("missing", &missing).field("illegal", &illegal).finish()
    }
}

impl StoreError {
    /// Whether the same may succeed if it is done again, with all of the transaction that it is a part of.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Timeout | Self::Unavailable)
    }
}
