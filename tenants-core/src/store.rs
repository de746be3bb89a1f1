//! Records of tenants: who they are, whether they are served, and where their rows live.
//!
//! Values and statements; `tenants_diesel::store` carries them to PostgreSQL, SQLite, MySQL and MariaDB. Not to Microsoft
//! SQL Server, for which Diesel has no back end.

mod changes;
mod dialect;
mod error;
mod install_error;
mod listing;
mod metadata;
mod name;
pub mod notice;
mod page;
mod placement;
mod record;
mod schema_name;
mod slug;
mod sql;
mod statement;
mod status;
mod tenant;

pub use changes::{NewTenant, TenantChanges};
pub use dialect::Dialect;
pub use error::{SeveralRefused, StoreError};
pub use install_error::InstallError;
pub use metadata::{Merge, Metadata, MetadataError};
pub use name::NameError;
pub use page::{Cursor, CursorError, Filter, Limit, LimitError, ListQuery, Page, Walked};
pub use placement::{DatabaseUrl, Placement};
pub use record::Record;
pub use schema_name::{SchemaName, SchemaNameError, SchemaPrefix, SchemaPrefixError};
pub use slug::{ReservedSlugs, Slug, SlugError};
pub use sql::{CHUNK, PARTS, Statements};
pub use statement::{Statement, Value};
pub use status::{TenantStatus, UnknownStatus};
pub use tenant::{InvalidTenant, Tenant, Version};
