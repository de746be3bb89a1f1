//! Taking a connection from r2d2, as the pool left it: not in any scope yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::{AnsiTransactionManager, CacheSize, Connection, TransactionManager};
use diesel::r2d2::{ConnectionManager, PooledConnection};
use thiserror::Error;

use super::url::LibpqError;
use crate::error::CheckoutError;
use crate::settings::{Pooler, Status};

pub(super) type Pool = diesel::r2d2::Pool<ConnectionManager<PgConnection>>;
pub(super) type Pooled = PooledConnection<ConnectionManager<PgConnection>>;

/// The reason is left out: it can quote a URL that nobody has checked.
#[derive(Debug, Error)]
#[error("the existing pool made no connection in time; it told its `error_handler` why")]
pub(super) struct NoConnection;

/// Where connections come from. Cloning is cheap; clones share their connections.
#[derive(Clone)]
pub(super) struct Source {
    pool: Pool,
    pooler: Pooler,
    waiting: Arc<AtomicUsize>,
}

impl Source {
    pub(super) fn new(pool: Pool, pooler: Pooler) -> Self {
        Self { pool, pooler, waiting: Arc::default() }
    }

    pub(super) fn checkout(&self) -> Result<Pooled, CheckoutError> {
        let mut connection = self.take()?;
        // After a restart of the server each connection in the pool is a closed one.
        for _ in 0..self.pool.max_size() {
            if !is_closed(&mut connection) {
                break;
            }
            close_on_return(&mut connection);
            drop(connection);
            connection = self.take()?;
        }
        if self.pooler == Pooler::Transaction {
            // Another client's server connection knows another statement by the same name.
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        Ok(connection)
    }

    /// Another connection, unless the pool is busy: who holds one while waiting for a second could wait for ever.
    pub(super) fn another(&self) -> Option<Pooled> {
        let state = self.pool.state();
        let may_grow = state.connections < self.pool.max_size();
        let patience = if may_grow { Duration::from_secs(1) } else { Duration::ZERO };
        self.pool.try_get().or_else(|| self.pool.get_timeout(patience).ok())
    }

    fn take(&self) -> Result<Pooled, CheckoutError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let connection = self.pool.get();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        connection.map_err(|error| {
            // r2d2 has one error for both: it retries to connect until the time is up.
            if self.pool.state().connections < self.pool.max_size() {
                CheckoutError::Connect(Box::new(LibpqError::new(&error)))
            } else {
                CheckoutError::Timeout
            }
        })
    }

    pub(super) fn status(&self) -> Status {
        let state = self.pool.state();
        let count = |connections: u32| usize::try_from(connections).unwrap_or(usize::MAX);
        Status {
            max_size: count(self.pool.max_size()),
            size: count(state.connections),
            available: count(state.idle_connections),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

/// Takes note, without waiting, of what the server sent unasked: that it closed the connection, or
/// notifications on channels of an earlier borrower, which are dropped.
fn is_closed(connection: &mut PgConnection) -> bool {
    let mut fails = || connection.notifications_iter().any(|notification| notification.is_err());
    // The end of the stream comes behind the server's last words, as a read of its own.
    fails() || fails()
}

/// Keeps a connection from being reused: r2d2 asks when it gets one back, and closes it at once.
pub(super) fn close_on_return(connection: &mut PgConnection) {
    AnsiTransactionManager::transaction_manager_status_mut(connection).set_in_error();
}
