//! What a store refuses.

use std::fmt;

use thiserror::Error;

use super::{InvalidTenant, MetadataError, SlugError, TenantStatus, Version};
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
    /// The record was written past the store.
    #[error(transparent)]
    Invalid(#[from] InvalidTenant),
    /// The URL of a tenant's database could not be sealed.
    #[error(
        "the URL of the tenant's database could not be sealed: see to the store's `SecretCodec`"
    )]
    Seal,
    /// Another transaction held the record for too long.
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

impl fmt::Debug for SeveralRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (missing, illegal) = (self.missing.len(), self.illegal.len());
        let mut debug = f.debug_struct("SeveralRefused");
        debug.field("missing", &missing).field("illegal", &illegal).finish()
    }
}

impl StoreError {
    /// Whether the same call may succeed if it is made again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Timeout | Self::Unavailable)
    }
}
