//! All tests against a server, in one program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends by a panic"
)]

mod cancel;
mod quoting;
mod raw;
mod rules;
mod send;
mod smoke;
mod two;
mod wire;
