//! What each side does in one turn, and what is measured of it.

use std::time::Duration;

/// Connections of each side.
pub(crate) const POOL: usize = 16;
/// Records of each side.
pub(crate) const TENANTS: u32 = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Get,
    Cached,
    List,
    Search,
    Count,
    Merge,
}

impl Work {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Cached => "cached",
            Self::List => "list",
            Self::Search => "search",
            Self::Count => "count",
            Self::Merge => "merge",
        }
    }
}

/// Callers who each do the same again and again, for a while.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub(crate) work: Work,
    pub(crate) callers: usize,
    pub(crate) length: Duration,
    /// Which tenants.
    pub(crate) ids: Vec<String>,
    /// How many records are ahead of the page.
    pub(crate) skip: u32,
    pub(crate) text: &'static str,
}

#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// What each call took that did not fail.
    pub(crate) micros: Vec<u64>,
    pub(crate) failed: u64,
    /// Callers whose last merge was acknowledged and is not there.
    pub(crate) lost: u64,
}

impl Measured {
    #[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
    pub(crate) fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.seconds
    }

    #[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
    pub(crate) fn p99_in_ms(&mut self) -> f64 {
        self.micros.sort_unstable();
        let at = (self.micros.len() * 99 / 100).min(self.micros.len().saturating_sub(1));
        self.micros.get(at).map_or(f64::NAN, |it| *it as f64 / 1e3)
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.micros.extend(other.micros);
        self.failed += other.failed;
        self.lost += other.lost;
    }
}

/// In another order than the rows are in.
pub(crate) fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-0000{:08x}", number.wrapping_mul(2_654_435_761))
}
