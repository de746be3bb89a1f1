//! All tests of the running library, in one program: each further one would link Diesel again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests end by a panic and look behind the doors"
)]

mod acceptance;
mod cancel;
mod derive;
mod doctor;
mod golden;
#[path = "../isolation/mod.rs"]
mod isolation;
mod log;
mod migrations;
mod model;
mod observed;
mod operations;
#[cfg(feature = "external")]
mod pooler;
mod quoting;
mod raw;
mod registry;
mod rules;
mod send;
mod signed;
mod store;
mod sync_pool;
mod tls;
mod two;
mod wire;
