//! What `throwaway` promises, each promise held against real processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends by a panic"
)]

mod cleanup;
#[cfg(feature = "external")]
mod fetch;
mod held;
mod refused;
mod start;
