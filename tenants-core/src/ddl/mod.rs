//! The definitions that isolate tenants, one file for each kind of object.
//!
//! Pure functions: [`plan`](crate::plan) decides which of them a database lacks. Statements have
//! no semicolon at their end, and read as they will stand in a migration.

pub mod check;
pub mod column_type;
pub mod default;
pub mod foreign_key;
pub mod function;
pub mod grants;
pub mod index;
pub mod isolation;
pub mod lock_timeout;
pub mod observe;
pub mod policy;
pub mod roles;
pub mod row_security;
pub mod temporary;
pub mod tenant_column;
pub mod unique_key;
pub mod view;
