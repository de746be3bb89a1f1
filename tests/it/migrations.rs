//! Schema `tenants`, `tenants setup` and `tenants migration generate`.

mod check;
#[cfg(feature = "external")]
mod diesel_cli;
mod drift;
mod functions;
pub(crate) mod generate;
mod golden;
mod inheritance;
mod install;
mod into;
mod keys;
mod observe;
mod online;
mod order;
mod random;
pub(crate) mod scratch;
mod setup;
mod unprotected;
