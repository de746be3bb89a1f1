//! Since when what was read counts no more.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use tenants_core::store::notice::{Mark, Notice, NoticeKey};

/// How many places ids and slugs have. Those that share one are read anew together.
const PLACES: usize = 8192;

/// Counts changes, and knows of each id and slug which one was its last.
///
/// Whoever reads notes the [time](Self::now) before, and keeps what was read together with that time. It counts as long
/// as nothing that it depends on [was changed](Self::changed) later. So nothing older is served over something newer:
///
/// - A change [is told](Self::change) after it was committed, before whoever made it hears of that. It moves the clock
///   to `n` first, and sets the place of the tenant to `n` then.
/// - A read that began at `n` or later saw the change, which had been committed when the clock became `n`.
/// - A read that began before `n` may have missed it. Once the change is told, its place says `n`, and what was read
///   does not count: neither if it was kept before, nor if it is kept afterwards, however slow the reader was. Nobody
///   needs to be told, and no lock is held while somebody reads.
pub(crate) struct Clock {
    now: AtomicU64,
    /// When everything was changed last.
    all: AtomicU64,
    places: Box<[Place]>,
    /// By which ids and slugs get their places: that of the database, once it is known, whose marks then say the same.
    key: RwLock<NoticeKey>,
    started: Instant,
}

#[derive(Default)]
struct Place {
    changed: AtomicU64,
    /// In milliseconds since the start.
    doubted_until: AtomicU64,
}

/// A time of the clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            now: AtomicU64::new(0),
            all: AtomicU64::new(0),
            places: std::iter::repeat_with(Place::default).take(PLACES).collect(),
            key: RwLock::new(random_key()),
            started: Instant::now(),
        }
    }

    /// To be asked before something is read.
    pub(crate) fn now(&self) -> Tick {
        Tick(self.now.load(SeqCst))
    }

    /// When what is called so was changed last.
    pub(crate) fn changed(&self, text: &str) -> Tick {
        let place = self.place(text).changed.load(SeqCst);
        Tick(place.max(self.all.load(SeqCst)))
    }

    /// To be told after what is called so was changed.
    pub(crate) fn change(&self, text: &str) {
        self.place(text).changed.fetch_max(self.tick(), SeqCst);
    }

    /// To be told after anything may have been changed.
    pub(crate) fn change_all(&self) {
        self.all.fetch_max(self.tick(), SeqCst);
    }

    /// To be told after a change whose outcome is not known: it may be committed yet. For some time nothing that is
    /// read of it is to be kept.
    pub(crate) fn doubt(&self, text: &str, time: Duration) {
        let until = self.elapsed().saturating_add(millis(time)).saturating_add(1);
        self.place(text).doubted_until.fetch_max(until, SeqCst);
    }

    pub(crate) fn is_doubted(&self, text: &str) -> bool {
        self.elapsed() < self.place(text).doubted_until.load(SeqCst)
    }

    /// What a database told of changes.
    pub(crate) fn hear(&self, notice: &Notice) {
        match notice {
            Notice::Nothing => {}
            Notice::All => self.change_all(),
            Notice::Marked(marks) => {
                let tick = self.tick();
                for mark in marks {
                    self.places[mark.place(PLACES)].changed.fetch_max(tick, SeqCst);
                }
            }
        }
    }

    /// To be told after a connection to a database began to listen: whatever was changed before is not heard of.
    ///
    /// The key goes first. Who finds a place by the old one began to read before the clock moved.
    pub(crate) fn listens(&self, key: NoticeKey) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = key;
        self.change_all();
    }

    fn tick(&self) -> u64 {
        self.now.fetch_add(1, SeqCst) + 1
    }

    fn place(&self, text: &str) -> &Place {
        let mark: Mark = self.key.read().unwrap_or_else(PoisonError::into_inner).mark(text);
        &self.places[mark.place(PLACES)]
    }

    fn elapsed(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// So that nobody chooses slugs that share a place.
fn random_key() -> NoticeKey {
    let mut key = [0; 32];
    for part in key.chunks_mut(8) {
        part.copy_from_slice(&RandomState::new().hash_one(()).to_ne_bytes());
    }
    NoticeKey::new(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_counts_no_more() {
        let clock = Clock::new();
        let before = clock.now();
        assert!(clock.changed("acme") <= before);
        clock.change("acme");
        assert!(clock.changed("acme") > before && clock.changed("acme") <= clock.now());
        let between = clock.now();
        clock.change_all();
        assert!(clock.changed("acme") > between && clock.changed("other") > between);
    }

    #[test]
    fn two_random_keys_differ() {
        assert_ne!(random_key(), random_key());
    }

    #[test]
    fn marks_of_the_database_are_places() {
        let clock = Clock::new();
        let key: NoticeKey = NoticeKey::new([7; 32]);
        clock.listens(key.clone());
        let (before, acme) = (clock.now(), key.mark("acme"));
        assert!(clock.changed("acme") <= before);
        clock.hear(&Notice::Marked(vec![acme]));
        assert!(clock.changed("acme") > before && clock.changed("other") <= before);
        clock.hear(&Notice::All);
        assert!(clock.changed("other") > before);
    }

    #[test]
    fn a_doubt_ends() {
        let clock = Clock::new();
        clock.doubt("acme", Duration::from_secs(3600));
        assert!(clock.is_doubted("acme"));
        assert!(!clock.is_doubted("other"));
        clock.doubt("short", Duration::ZERO);
        while clock.is_doubted("short") {
            std::thread::yield_now();
        }
    }
}
