//! Transactions of a store's own, and savepoints within the caller's.

use std::time::{Duration, Instant};

use tenants_core::store::StoreError;

use super::connection::Failure;

/// How often a change is tried that other transactions undo.
pub(super) const ATTEMPTS: u32 = 5;

/// Does something in a transaction, as often as others undo it. Within the caller's transaction once: what was undone
/// there is all of it.
macro_rules! in_transaction {
    ($operations:ident, $work:expr) => {{
        use $crate::store::connection::Failure;
        use $crate::store::transaction::{ATTEMPTS, Undone, Watch};

        let lock_timeout = $operations.settings.lock_timeout;
        let begin = C::DIALECT.begin(lock_timeout);
        let mut attempts = if $operations.connection.is_in_transaction() { 1 } else { ATTEMPTS };
        loop {
            attempts -= 1;
            $operations.connection.begin(&begin).await?;
            let watch = Watch::start(lock_timeout);
            let done: Result<_, Undone> = async { $work }.await;
            let done = match done {
                Ok(done) => {
                    $operations.connection.commit().await.map(|()| done).map_err(Undone::from)
                }
                Err(undone) => {
                    let undone = watch.explain(undone);
                    $operations.connection.roll_back().await?;
                    Err(undone)
                }
            };
            match done {
                Ok(done) => break Ok(done),
                Err(Undone::Failure(Failure::Retry)) if attempts > 0 => {}
                Err(undone) => break Err(undone),
            }
        }
    }};
}
pub(super) use in_transaction;

/// Knows what ended by the lock timeout, for which PostgreSQL has a code that Diesel hides and a text in many languages.
pub(super) struct Watch {
    began: Instant,
    lock_timeout: Duration,
}

impl Watch {
    pub(super) fn start(lock_timeout: Duration) -> Self {
        Self { began: Instant::now(), lock_timeout }
    }

    pub(super) fn explain(&self, undone: Undone) -> Undone {
        match undone {
            Undone::Failure(Failure::Untold) if self.began.elapsed() >= self.lock_timeout => {
                Undone::Failure(Failure::Timeout)
            }
            undone => undone,
        }
    }
}

/// Why a transaction was rolled back.
pub(super) enum Undone {
    Failure(Failure),
    Refused(StoreError),
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Undone> for StoreError {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Failure(failure) => failure.into(),
            Undone::Refused(error) => error,
        }
    }
}
