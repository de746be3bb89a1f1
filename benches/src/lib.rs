//! What the benches share: one server with filled tables, and the contestants.
//!
//! - [`Fixture`] is the database;
//! - [`Stock`] is an application that filters by hand, [`Scoped`] one that uses `tenants`;
//! - [`compare`] runs one of each side by side, on the [`Cores`] it is told;
//! - [`Relay`] stands for a network.

mod compare;
mod cores;
mod cpu;
mod fixture;
mod relay;
mod request;
mod scoped;
mod stock;
pub mod sync;

pub use compare::{Comparison, Plan, compare};
pub use cores::Cores;
pub use fixture::{Fixture, Row};
pub use relay::Relay;
pub use request::{ROWS, Request, TENANTS, tenant_ids};
pub use scoped::Scoped;
pub use stock::Stock;
