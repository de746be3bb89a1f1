//! What is wrong with a database that keeps tenants apart, and what repairs it.
//!
//! Values only: a driver runs the [check](Lint::check) of each [`Lint`] of [`LINTS`] with the parameters of a
//! [`Target`], in one transaction that starts with [`BEGIN`], and makes a [`Report`] of the rows. All
//! of them read the catalog and nothing else, so every role may run them, and a finding names objects and never
//! data.

mod allow;
mod lint;
mod lints;
mod report;
pub mod sessions;
mod table;
mod target;

pub use allow::{AllowList, AllowListError, Allowance};
pub use lint::{Check, Lint, Reads, Severity, SeverityError};
pub use lints::LINTS;
pub use report::{Finding, Report, Unrun};
pub use target::Target;

/// Starts the transaction in which the lints run: all as of the same moment, without a lock that anybody would
/// wait for, with names written qualified, and with an end.
pub const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL search_path = pg_catalog, pg_temp; \
    SET LOCAL statement_timeout = '10s'; \
    SET LOCAL lock_timeout = '1s'";

/// Behind [`BEGIN`] where a lint reads rows of tables: an error instead of silence if a policy would hide some.
pub const ROWS: &str = "SET LOCAL row_security = off; SET LOCAL statement_timeout = '10min'";

/// Ends it.
pub const END: &str = "ROLLBACK";
