//! What the tests share: a server, a database for each test, and tagged tables.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test ends by a panic"
)]

mod database;
pub mod schema;

pub use database::{Database, server, unique_id};
