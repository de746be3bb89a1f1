//! Starts a throwaway PostgreSQL for examples, tests and benches.
//!
//! ```
//! let server = throwaway::Server::start()?;
//! let url = server.superuser_url("postgres");
//! assert!(url.starts_with("postgres://postgres@127.0.0.1:"));
//! # Ok::<(), throwaway::StartError>(())
//! ```
//!
//! The server listens on a free port of the loopback interface and keeps its data in a new
//! directory. Both are gone after the [`Server`] is dropped, and just as well when the process ends
//! without a drop: a `static`, a panic, an abort, Ctrl-C, SIGTERM or SIGKILL.
//!
//! [`Programs::find`] says where PostgreSQL's programs come from.
//!
//! # Security
//! Every local account may connect as superuser without a password, and a superuser can run
//! programs as the account of the server. Fit for a container or a developer's own machine; not for
//! a host shared with people who are not trusted.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test ends by a panic"))]

#[cfg(not(unix))]
compile_error!("`throwaway` cleans up by means of a Unix shell and does not run elsewhere");

mod account;
mod cache;
mod fetch;
mod mariadb;
mod pinned;
mod programs;
mod server;
mod start;
mod watchdog;

pub use fetch::FetchError;
pub use mariadb::MariaDb;
pub use programs::{FindError, Programs};
pub use server::{Builder, Server, StartError};
