//! What signatures are bound to: the server process behind each connection of a pool.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deadpool::managed::{Object as Managed, ObjectId};
use diesel_async::AsyncPgConnection;
use diesel_async::RunQueryDsl;
use diesel_async::pooled_connection::deadpool::Object;

use crate::error::CheckoutError;
use crate::signer::{Backend, BackendRow, backend};

/// Each connection is asked once, as long as the pool keeps it.
#[derive(Default)]
pub(super) struct Backends {
    known: Mutex<HashMap<ObjectId, Backend>>,
}

impl Backends {
    /// The process behind a connection that was just taken from its pool, and is in no scope yet.
    ///
    /// # Cancellation
    ///
    /// A query whose answer nobody took is behind nothing that matters: the pool hands the connection out
    /// again, and its next scope waits for the answer.
    pub(super) async fn of(
        &self,
        connection: &mut Object<AsyncPgConnection>,
    ) -> Result<Backend, CheckoutError> {
        let id = Managed::id(connection);
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = known().get(&id) {
            return Ok(*backend);
        }
        let row: BackendRow = backend()
            .get_result(connection)
            .await
            .map_err(|error| CheckoutError::Connect(Box::new(error)))?;
        let mut known = known();
        // Nobody says which connections are closed. Those that live are asked once more.
        let size = Managed::pool(connection).map_or(0, |pool| pool.status().max_size);
        if known.len() >= 2 * size {
            known.clear();
        }
        Ok(*known.entry(id).or_insert_with(|| row.into()))
    }
}
