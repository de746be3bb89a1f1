//! Schema `tenants`, `tenants setup` and `tenants migration generate`.

#[cfg(feature = "external")]
mod diesel_cli;
pub(crate) mod generate;
mod golden;
mod inheritance;
mod install;
mod into;
mod keys;
mod order;
mod random;
pub(crate) mod scratch;
mod setup;
mod unprotected;
