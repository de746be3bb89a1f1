//! A record.

use std::fmt;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{Metadata, NewTenant, Placement, Slug, TenantStatus};
use crate::tenant_id::TenantId;

/// What a store knows of a tenant.
///
/// `Debug` shows its status and version alone.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Tenant {
    /// Tells its rows from others. It never changes, and no other tenant ever gets it.
    pub id: TenantId,
    /// Its name in addresses; `None` for one that was made by `create_tenant` and was not given any.
    pub slug: Option<Slug>,
    /// What people call it.
    pub name: String,
    /// Where it stands in its life.
    pub status: TenantStatus,
    /// Where its rows live.
    pub placement: Placement,
    /// What the application keeps with it.
    pub metadata: Metadata,
    /// Counts the changes.
    pub version: Version,
    /// When it was made, by the clock of the database.
    pub created_at: DateTime<Utc>,
    /// When it was changed last, by the clock of the database.
    pub updated_at: DateTime<Utc>,
}

impl Tenant {
    /// The greatest number of characters in a name.
    pub const MAX_NAME_CHARACTERS: usize = 255;

    /// What a new tenant is to whoever makes it at that moment.
    #[must_use]
    pub fn created(new: &NewTenant, at: DateTime<Utc>) -> Self {
        Self {
            id: new.id.clone(),
            slug: Some(new.slug.clone()),
            name: new.name.clone(),
            status: new.status,
            placement: new.placement.clone(),
            metadata: new.metadata.clone(),
            version: Version::from_stored(1),
            created_at: at,
            updated_at: at,
        }
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Tenant");
        debug.field("status", &self.status).field("version", &self.version);
        debug.finish_non_exhaustive()
    }
}

/// Which state of a record somebody has seen. Each change makes the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// As it is stored.
    #[must_use]
    pub const fn from_stored(version: i64) -> Self {
        Self(version)
    }

    /// As it is stored.
    #[must_use]
    pub const fn stored(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A record that cannot be read, because somebody wrote it past the store. Others can.
///
/// `Debug` shows the column alone.
#[derive(Clone, PartialEq, Eq, Error)]
#[error("the record of a tenant cannot be read: its `{column}` is none; repair it in the table")]
pub struct InvalidTenant {
    /// Whose record it is, as it is stored.
    pub id: String,
    /// The column that cannot be read.
    pub column: &'static str,
}

impl fmt::Debug for InvalidTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidTenant").field("column", &self.column).finish_non_exhaustive()
    }
}
