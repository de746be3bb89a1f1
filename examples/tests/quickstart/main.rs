//! What the first command of the README promises: it runs the main job wherever it finds a server,
//! and however it ends, nothing stays behind.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests end by a panic and look behind the doors"
)]

mod ends;
mod places;
mod run;
mod server;
