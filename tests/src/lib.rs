//! What the tests share: a server, a database for each test, and tagged tables.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests end by a panic and look behind the doors"
)]

mod database;
mod observer;
pub mod schema;
mod signature;

pub use database::{Database, prepare, server, unique_id, unique_number};
pub use observer::{REFUSED, SUCCESS, SUPERUSER, current_role, sqlstate};
pub use signature::{show, show_for_the_session};
