//! What caches of records keep, and when it counts no more.
//!
//! Shared by [`CachedStore`](super::CachedStore) and its twin without `.await`, which differ in how one reads for many.
//! Nothing here waits for anything but a few instructions of other threads.

mod clock;
mod kept;
mod many;
mod settings;
mod writing;

pub(crate) use kept::{Asked, Fetched, Kept};
pub(crate) use settings::Settings;
pub(crate) use writing::{by_creating, by_updating, of_all};

pub use settings::CacheError;

/// How a cache serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// Reads that the cache answered, also by knowing that there is no such tenant.
    pub hits: u64,
    /// Reads that needed the store, or another read of the same that was on its way. Changes count as neither.
    pub misses: u64,
    /// How many ids and slugs are kept, about: what has expired may still be among them.
    pub entries: u64,
}
