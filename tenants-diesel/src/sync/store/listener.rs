//! What hears of changes that go past a cache, on a thread of its own.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel::{Connection, ConnectionResult, PgConnection, QueryableByName, RunQueryDsl};
use tenants_core::store::notice::{self, Notice, NoticeKey};

use super::cached_store::CachedStore;
use crate::store::cache::Kept;

/// How often libpq is asked what has arrived. That sends nothing.
const LOOK: Duration = Duration::from_millis(50);
/// How long a connection may say nothing before it is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(15);
/// How long to wait before connecting anew: twice as long each time.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Hears of changes for a cache, until it is dropped.
///
/// `Debug` shows whether it is connected.
#[must_use = "it listens until it is dropped"]
pub struct Listener {
    state: Arc<State>,
    /// The thread ends when this is dropped.
    _stop: Sender<()>,
}

#[derive(Default)]
struct State {
    is_listening: Mutex<bool>,
    changed: Condvar,
}

impl State {
    fn is_listening(&self) -> MutexGuard<'_, bool> {
        self.is_listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was so before.
    fn set(&self, is_listening: bool) -> bool {
        let before = std::mem::replace(&mut *self.is_listening(), is_listening);
        self.changed.notify_all();
        before
    }
}

impl Listener {
    /// Whether it is connected now. If not, what is kept lives as long as the time to live, and it connects anew.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        *self.state.is_listening()
    }

    /// Waits until it is connected.
    pub fn listening(&self) {
        let is_listening = self.state.is_listening();
        let waited = self.state.changed.wait_while(is_listening, |is_listening| !*is_listening);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("is_listening", &self.is_listening()).finish()
    }
}

impl<S> CachedStore<S> {
    /// Hears from PostgreSQL which tenants other processes change, and drops them within a twentieth of a second: as
    /// [`store::CachedStore::listen`](crate::store::CachedStore#method.listen), with a thread and a connection of libpq's,
    /// which encrypts as the URL says.
    ///
    /// # Errors
    ///
    /// If no thread can be started. That the server cannot be reached is none: the listener tries until it can.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tenants_diesel::sync::store::{CachedStore, TenantStore};
    ///
    /// # fn example(store: impl TenantStore) -> std::io::Result<()> {
    /// let store = CachedStore::new(store);
    /// let listener = store.listen("postgres://provisioner@localhost/my_app")?;
    /// // ..
    /// drop(listener); // Keep it as long as the store.
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen(&self, url: &str) -> io::Result<Listener> {
        let url = url.to_owned();
        self.listen_with(move || PgConnection::establish(&url))
    }

    /// The same with a function that connects.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn listen_with<F>(&self, connect: F) -> io::Result<Listener>
    where
        F: Fn() -> ConnectionResult<PgConnection> + Send + 'static,
    {
        let (stop, is_stopped) = channel();
        let (kept, state) = (Arc::clone(&self.kept), Arc::<State>::default());
        let tell = Arc::clone(&state);
        thread::Builder::new().name("tenants-listener".to_owned()).spawn(move || {
            listen(&kept, &connect, &tell, &is_stopped);
        })?;
        Ok(Listener { state, _stop: stop })
    }
}

fn listen(
    kept: &Kept,
    connect: &impl Fn() -> ConnectionResult<PgConnection>,
    state: &State,
    is_stopped: &Receiver<()>,
) {
    let mut pause = BACK_OFF.0;
    loop {
        hear(kept, connect, state, is_stopped);
        if state.set(false) {
            pause = BACK_OFF.0;
        }
        if is_over(is_stopped, pause) {
            return;
        }
        // What the driver says may hold addresses and names.
        tracing::warn!(target: "tenants::store", "the cache of tenants does not hear of changes");
        pause = (pause * 2).min(BACK_OFF.1);
    }
}

/// Connects, and returns once there is no connection any more.
fn hear(
    kept: &Kept,
    connect: &impl Fn() -> ConnectionResult<PgConnection>,
    state: &State,
    is_stopped: &Receiver<()>,
) -> Option<()> {
    let mut connection = connect().ok()?;
    let key = ask(&mut connection)?;
    diesel::sql_query(notice::LISTEN).execute(&mut connection).ok()?;
    // What is committed from now on is told, and what was before is dropped.
    kept.listens(key.clone());
    // It listens once it has heard something: a pooler may have given the connection to somebody else by now.
    diesel::sql_query(notice::ECHO).execute(&mut connection).ok()?;
    let mut heard_at = Instant::now();
    while !is_over(is_stopped, LOOK) {
        for told in connection.notifications_iter() {
            let told = told.ok()?;
            heard_at = Instant::now();
            if told.channel == notice::CHANNEL {
                kept.clock.hear(&Notice::read(&told.payload));
                state.set(true);
            }
        }
        if heard_at.elapsed() > QUIET {
            let is_listening = *state.is_listening();
            if !is_listening || ask(&mut connection)? != key {
                return None;
            }
            heard_at = Instant::now();
        }
    }
    Some(())
}

/// Waits, and says whether the listener was dropped meanwhile.
fn is_over(is_stopped: &Receiver<()>, pause: Duration) -> bool {
    matches!(is_stopped.recv_timeout(pause), Err(RecvTimeoutError::Disconnected))
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
}

fn ask(connection: &mut PgConnection) -> Option<NoticeKey> {
    let answer = diesel::sql_query(notice::KEY).get_result::<Key>(connection);
    answer.ok()?.key.parse().ok()
}
