//! Records of tenants: who they are, whether they are served, and where their rows live.
//!
//! Values and statements; `tenants_diesel::store` carries them to PostgreSQL, SQLite, MySQL and MariaDB.

mod changes;
mod dialect;
mod error;
mod metadata;
pub mod notice;
mod page;
mod placement;
mod record;
mod slug;
mod sql;
mod statement;
mod status;
mod tenant;

pub use changes::{NewTenant, TenantChanges};
pub use dialect::Dialect;
pub use error::{SeveralRefused, StoreError};
pub use metadata::{Merge, Metadata, MetadataError};
pub use page::{Cursor, CursorError, Filter, Limit, LimitError, ListQuery, Page};
pub use placement::{DatabaseUrl, Placement, SchemaName, SchemaNameError};
pub use record::Record;
pub use slug::{ReservedSlugs, Slug, SlugError};
pub use sql::{CHUNK, Statements};
pub use statement::{Statement, Value};
pub use status::{TenantStatus, UnknownStatus};
pub use tenant::{InvalidTenant, Tenant, Version};
