//! What the library sends, message by message, and how often somebody waits for an answer.

mod gate;
mod golden;
mod message;
mod order;
mod proxy;
mod trips;

pub(crate) use gate::{Fault, Gate};
pub(crate) use message::Sent;
pub(crate) use order::warm;
pub(crate) use proxy::Wire;
