//! Schema `tenants`, `tenants setup` and `tenants migration generate`.

#[cfg(feature = "external")]
mod diesel_cli;
mod generate;
mod golden;
mod inheritance;
mod install;
mod keys;
mod random;
mod scratch;
mod setup;
