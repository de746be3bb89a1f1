//! How much a cache keeps, and how long.

use std::time::Duration;

use thiserror::Error;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Why there is no such cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// What would be served for no time at all, or for ever.
    #[error(
        "`{setting}` of a cache is more than 0 and at most a year: leave the cache out to read each time"
    )]
    Time {
        /// `ttl` or `negative_ttl`.
        setting: &'static str,
    },
    /// Nothing would be kept.
    #[error("the `capacity` of a cache is at least 1: leave the cache out to read each time")]
    Capacity,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) ttl: Duration,
    pub(crate) negative_ttl: Duration,
    pub(crate) capacity: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(30),
            negative_ttl: Duration::from_secs(5),
            capacity: 10_000,
        }
    }
}

impl Settings {
    pub(crate) fn check(self) -> Result<Self, CacheError> {
        for (setting, time) in [("ttl", self.ttl), ("negative_ttl", self.negative_ttl)] {
            if time.is_zero() || time > YEAR {
                return Err(CacheError::Time { setting });
            }
        }
        if self.capacity == 0 {
            return Err(CacheError::Capacity);
        }
        Ok(self)
    }
}
