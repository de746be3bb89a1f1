//! Where a tenant stands in its life.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Where a tenant stands in its life. Only an [`Active`](Self::Active) one is admitted into a scope.
///
/// ```text
/// Provisioning ─→ Active ⇄ Suspended ─→ Deleting ─→ Deleted ─→ Suspended
///      ⇅             └─────────┴── Deleted
///    Failed ─→ Deleting
/// ```
///
/// A deleted tenant is restored as a suspended one, and served once somebody activates it: nothing here tells whether it
/// was suspended before, or what was destroyed.
///
/// # Examples
///
/// ```
/// use tenants_core::store::TenantStatus::{Active, Deleted, Provisioning, Suspended};
///
/// assert!(Active.can_become(Suspended) && Suspended.can_become(Active));
/// assert!(Provisioning.can_become(Active) && !Active.can_become(Provisioning));
/// assert!(!Active.can_become(Active));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TenantStatus {
    /// What the tenant needs is being made.
    Provisioning,
    /// It is served.
    Active,
    /// It is refused until somebody activates it.
    Suspended,
    /// What it has is being destroyed.
    Deleting,
    /// It is gone, as far as it can tell; what it had may still be there.
    Deleted,
    /// Provisioning stopped half-way.
    Failed,
}

/// A text that is no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "no status of a tenant: it is `provisioning`, `active`, `suspended`, `deleting`, `deleted` or `failed`"
)]
pub struct UnknownStatus;

impl TenantStatus {
    /// All that there are.
    pub const ALL: [Self; 6] = [
        Self::Provisioning,
        Self::Active,
        Self::Suspended,
        Self::Deleting,
        Self::Deleted,
        Self::Failed,
    ];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
        }
    }

    /// Whether a tenant of this status may get the other one.
    #[must_use]
    pub const fn can_become(self, to: Self) -> bool {
        match self {
            Self::Provisioning => matches!(to, Self::Active | Self::Failed | Self::Deleting),
            Self::Failed => matches!(to, Self::Provisioning | Self::Deleting),
            Self::Active => matches!(to, Self::Suspended | Self::Deleting | Self::Deleted),
            Self::Suspended => matches!(to, Self::Active | Self::Deleting | Self::Deleted),
            Self::Deleting => matches!(to, Self::Deleted),
            Self::Deleted => matches!(to, Self::Suspended | Self::Deleting),
        }
    }

    /// Whether that brings a deleted tenant back. Of several tenants at once none is: a list of them may be out of date.
    #[must_use]
    pub const fn is_restored_by(self, to: Self) -> bool {
        matches!((self, to), (Self::Deleted, Self::Suspended))
    }
}

impl fmt::Display for TenantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TenantStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_as_it_is_written() {
        for status in TenantStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for other in ["", "Active", "active ", "purged"] {
            assert_eq!(other.parse::<TenantStatus>(), Err(UnknownStatus));
        }
    }

    #[test]
    fn nobody_is_served_who_was_not_or_is_new() {
        let served = |from: &TenantStatus| from.can_become(TenantStatus::Active);
        let from: Vec<_> = TenantStatus::ALL.into_iter().filter(served).collect();
        assert_eq!(from, [TenantStatus::Provisioning, TenantStatus::Suspended]);
    }

    /// Whatever happened to a tenant, it can be deleted, and nothing becomes what it is.
    #[test]
    fn every_life_can_end() {
        for status in TenantStatus::ALL {
            assert!(!status.can_become(status));
            let ends = TenantStatus::ALL.into_iter().any(|next| {
                next == TenantStatus::Deleted && status.can_become(next)
                    || status.can_become(next) && next.can_become(TenantStatus::Deleted)
            });
            assert!(ends, "{status}");
        }
    }
}
