//! What the library sends, message by message, and how often somebody waits for an answer.

mod golden;
mod message;
mod order;
mod proxy;
mod trips;

pub(crate) use message::Sent;
pub(crate) use order::warm;
pub(crate) use proxy::Wire;
