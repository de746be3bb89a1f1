//! What one tenant has is what it did, and nothing that others did: random work against an oracle.
//!
//! The oracle keeps a map of rows for each tenant and knows neither SQL nor scopes. A seed decides what is
//! done; whoever finds a difference prints it.

pub(crate) mod chance;
mod ids;
mod rows;
mod soak;
mod workloads;
