//! A record as it is stored.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{DatabaseUrl, InvalidTenant, Metadata, Placement, Tenant, TenantStatus, Version};
use crate::tenant_id::TenantId;

/// The columns of a record, as every dialect returns them.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named like the columns")]
pub struct Record {
    pub id: String,
    pub slug: Option<String>,
    pub name: String,
    pub status: String,
    pub isolation: String,
    pub schema_name: Option<String>,
    pub database_url: Option<String>,
    pub metadata: String,
    pub version: i64,
    /// Microseconds of the Unix epoch.
    pub created_at: i64,
    /// Microseconds of the Unix epoch.
    pub updated_at: i64,
}

impl Record {
    /// Reads it. Metadata that is no object reads as none: an application finds no keys then, and the next change
    /// repairs it.
    ///
    /// # Errors
    ///
    /// [`InvalidTenant`] with the first column that cannot be read.
    pub fn into_tenant(
        self,
        open: impl Fn(&str) -> Option<String>,
    ) -> Result<Tenant, InvalidTenant> {
        let invalid = |column| InvalidTenant { id: self.id.clone(), column };
        let moment = |micros, column| -> Result<DateTime<Utc>, InvalidTenant> {
            DateTime::from_timestamp_micros(micros).ok_or_else(|| invalid(column))
        };
        let slug = self.slug.as_deref().map(str::parse).transpose();
        Ok(Tenant {
            id: TenantId::try_from(&*self.id).map_err(|_| invalid("id"))?,
            slug: slug.map_err(|_| invalid("slug"))?,
            status: self.status()?,
            placement: self.placement(open).map_err(invalid)?,
            metadata: Metadata::from_stored(&self.metadata),
            version: Version::from_stored(self.version),
            created_at: moment(self.created_at, "created_at")?,
            updated_at: moment(self.updated_at, "updated_at")?,
            name: self.name,
        })
    }

    /// Its status, whatever else of it can be read.
    ///
    /// # Errors
    ///
    /// [`InvalidTenant`] if it is none.
    pub fn status(&self) -> Result<TenantStatus, InvalidTenant> {
        self.status.parse().map_err(|_| InvalidTenant { id: self.id.clone(), column: "status" })
    }

    fn placement(&self, open: impl Fn(&str) -> Option<String>) -> Result<Placement, &'static str> {
        match &*self.isolation {
            "shared" => Ok(Placement::Shared),
            "schema" => {
                let name = self.schema_name.as_deref().and_then(|name| name.parse().ok());
                name.map(Placement::Schema).ok_or("schema_name")
            }
            "database" => {
                let url = self.database_url.as_deref().and_then(open);
                url.map(|url| Placement::Database(DatabaseUrl::new(url))).ok_or("database_url")
            }
            _ => Err("isolation"),
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("version", &self.version).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            id: "1".into(),
            slug: Some("acme".into()),
            name: "Acme".into(),
            status: "suspended".into(),
            isolation: "database".into(),
            schema_name: None,
            database_url: Some("sealed".into()),
            metadata: r#"{"a": 1}"#.into(),
            version: 3,
            created_at: -1,
            updated_at: 1_000_001,
        }
    }

    #[test]
    fn every_column_is_read_or_named() {
        let read =
            |record: Record| record.into_tenant(|url| (url == "sealed").then(|| "open".into()));
        let tenant = read(record()).unwrap();
        assert_eq!((tenant.status, tenant.version.stored()), (TenantStatus::Suspended, 3));
        assert_eq!(tenant.placement, Placement::Database(DatabaseUrl::new("open")));
        assert_eq!(tenant.updated_at.timestamp_micros(), 1_000_001);
        let invalid = |record: Record| read(record).unwrap_err().column;
        assert_eq!(invalid(Record { id: String::new(), ..record() }), "id");
        assert_eq!(invalid(Record { slug: Some("A".into()), ..record() }), "slug");
        assert_eq!(invalid(Record { status: "purged".into(), ..record() }), "status");
        assert_eq!(invalid(Record { isolation: "x".into(), ..record() }), "isolation");
        assert_eq!(invalid(Record { isolation: "schema".into(), ..record() }), "schema_name");
        assert_eq!(invalid(Record { database_url: None, ..record() }), "database_url");
        assert_eq!(invalid(Record { created_at: i64::MAX, ..record() }), "created_at");
        for text in ["", "[", "[1]", "null"] {
            let corrupt = read(Record { metadata: text.into(), ..record() }).unwrap();
            assert_eq!(corrupt.metadata, Metadata::new(), "{text}");
        }
        // Written past the store, and not lost by reading it.
        let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(Metadata::MAX_BYTES));
        let large = read(Record { metadata: large, ..record() }).unwrap();
        assert!(large.metadata.get("a").is_some());
    }
}
