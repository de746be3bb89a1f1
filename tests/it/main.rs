//! All tests of the running library, in one program: each further one would link Diesel again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends by a panic"
)]

mod derive;
mod migrations;
mod smoke;
