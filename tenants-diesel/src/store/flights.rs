//! One reads for all who ask for the same at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::cache::{Asked, Fetched};

pub(super) type Flight = Shared<BoxFuture<'static, Arc<Fetched>>>;
type WeakFlight = WeakShared<BoxFuture<'static, Arc<Fetched>>>;

/// Reads that are on their way.
///
/// Whoever waits for a read drives it, so it goes on as long as anybody waits: the first one may be cancelled. (moka's
/// own begins anew each time that happens, and panics in who waited for 200 of them: as many clients as hang up while
/// the database is slow.) Nothing is left of one that all have let go.
#[derive(Default)]
pub(super) struct Flights {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Each with its number, by which it finds itself.
    flights: HashMap<Asked, (u64, WeakFlight)>,
    begun: u64,
}

impl Flights {
    /// Joins the read that is on its way, or begins it.
    pub(super) fn join(
        self: &Arc<Self>,
        asked: &Asked,
        read: impl FnOnce() -> BoxFuture<'static, Fetched>,
    ) -> Flight {
        let mut state = self.state();
        let there = state.flights.get(asked).and_then(|(_, flight)| flight.upgrade());
        if let Some(flight) = there.filter(|flight| flight.peek().is_none()) {
            return flight;
        }
        state.begun += 1;
        let number = state.begun;
        let landing = Landing { flights: Arc::clone(self), asked: asked.clone(), number };
        let read = read();
        let flight: Flight = async move {
            let fetched = Arc::new(read.await);
            drop(landing);
            fetched
        }
        .boxed()
        .shared();
        if let Some(weak) = flight.downgrade() {
            state.flights.insert(asked.clone(), (number, weak));
        }
        flight
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one insertion or removal.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a read out when it ends, or when nobody waits for it any more.
struct Landing {
    flights: Arc<Flights>,
    asked: Asked,
    number: u64,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut state = self.flights.state();
        // Another one may have begun by now.
        if state.flights.get(&self.asked).is_some_and(|(number, _)| *number == self.number) {
            state.flights.remove(&self.asked);
        }
    }
}
