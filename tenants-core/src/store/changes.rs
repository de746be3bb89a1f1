//! What is to be stored.

use std::fmt;

use super::{Metadata, Placement, ReservedSlugs, Slug, StoreError, TenantStatus, name};
use crate::tenant_id::TenantId;

/// A tenant that is to be made.
///
/// `Debug` shows its status alone.
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
#[derive(Clone, PartialEq)]
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

    /// Checks what a store refuses before it looks at other tenants.
    ///
    /// # Errors
    ///
    /// [`StoreError::Slug`] for a reserved one; [`StoreError::Name`].
    pub fn check(&self, reserved: &ReservedSlugs) -> Result<(), StoreError> {
        reserved.check(&self.slug)?;
        Ok(name::check(&self.name)?)
    }
}

impl fmt::Debug for NewTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTenant").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What an update changes; what it does not name stays. Status and metadata have operations of their own, so that
/// who renames a tenant does not bring back what these were.
///
/// `Debug` shows what is changed, and not to what.
#[derive(Clone, PartialEq, Default)]
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

    /// Checks what a store refuses before it looks at other tenants.
    ///
    /// # Errors
    ///
    /// [`StoreError::Slug`] for a reserved one; [`StoreError::Name`].
    pub fn check(&self, reserved: &ReservedSlugs) -> Result<(), StoreError> {
        if let Some(Some(slug)) = &self.slug {
            reserved.check(slug)?;
        }
        Ok(self.name.as_deref().map_or(Ok(()), name::check)?)
    }
}

impl fmt::Debug for TenantChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantChanges")
            .field("slug", &self.slug.is_some())
            .field("name", &self.name.is_some())
            .field("placement", &self.placement.is_some())
            .finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::store::{Cursor, ListQuery, Page, Tenant};
    use crate::tenant_id::TenantId;

    #[test]
    fn nothing_of_a_tenant_is_shown() {
        let id = TenantId::try_from("secret-id").unwrap();
        let new = NewTenant::new(id.clone(), "secret-slug".parse().unwrap()).name("Secret name");
        let tenant = Tenant::created(&new, DateTime::UNIX_EPOCH);
        let cursor = Cursor::behind(&id, DateTime::UNIX_EPOCH);
        let changes = TenantChanges::new().slug(new.slug.clone()).name("Secret name");
        let changes = changes.placement(Placement::Schema("secret_schema".parse().unwrap()));
        let page = Page::new(vec![tenant.clone()], Vec::new(), Some(cursor.clone()));
        let list = ListQuery::default().after(cursor);
        let shown = format!("{new:?} {tenant:?} {changes:?} {page:?} {list:?}");
        assert!(!shown.to_lowercase().contains("secret"), "{shown}");
        assert!(shown.contains("Active"), "{shown}");
    }
}
