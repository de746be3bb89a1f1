//! What is to be stored.

use super::{Metadata, Placement, Slug, TenantStatus};
use crate::tenant_id::TenantId;

/// A tenant that is to be made.
///
/// # Examples
///
/// ```
/// use tenants_core::TenantId;
/// use tenants_core::store::NewTenant;
///
/// let id = TenantId::from(uuid::Uuid::from_u128(7));
/// let acme = NewTenant::new(id, "acme".parse()?).name("Acme Corp.");
/// # Ok::<(), tenants_core::store::SlugError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewTenant {
    /// Tells its rows from others.
    pub id: TenantId,
    /// Its name in addresses.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What it begins with.
    pub status: TenantStatus,
    /// Where its rows live.
    pub placement: Placement,
    /// What the application keeps with it.
    pub metadata: Metadata,
}

impl NewTenant {
    /// An active tenant in the tables that all share, called by its slug, without metadata.
    #[must_use]
    pub fn new(id: TenantId, slug: Slug) -> Self {
        Self {
            id,
            name: slug.as_str().to_owned(),
            slug,
            status: TenantStatus::Active,
            placement: Placement::Shared,
            metadata: Metadata::new(),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// What it begins with: [`Provisioning`](TenantStatus::Provisioning) if it needs something before it is served.
    #[must_use]
    pub fn status(self, status: TenantStatus) -> Self {
        Self { status, ..self }
    }

    /// Where its rows live.
    #[must_use]
    pub fn placement(self, placement: Placement) -> Self {
        Self { placement, ..self }
    }

    /// What the application keeps with it.
    #[must_use]
    pub fn metadata(self, metadata: Metadata) -> Self {
        Self { metadata, ..self }
    }
}

/// What an update changes; what it does not name stays. Status and metadata have operations of their own, so that
/// who renames a tenant does not bring back what these were.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TenantChanges {
    /// A new name in addresses; `Some(None)` takes it away.
    pub slug: Option<Option<Slug>>,
    /// A new name for people.
    pub name: Option<String>,
    /// Where its rows live from now on. They do not move by this.
    pub placement: Option<Placement>,
}

impl TenantChanges {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives it another name in addresses. The old one is free from then on.
    #[must_use]
    pub fn slug(self, slug: Slug) -> Self {
        Self { slug: Some(Some(slug)), ..self }
    }

    /// Takes its name in addresses away.
    #[must_use]
    pub fn without_slug(self) -> Self {
        Self { slug: Some(None), ..self }
    }

    /// Gives it another name for people.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Says where its rows live from now on. They do not move by this.
    #[must_use]
    pub fn placement(self, placement: Placement) -> Self {
        Self { placement: Some(placement), ..self }
    }
}
