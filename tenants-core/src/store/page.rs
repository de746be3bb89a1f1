//! Parts of a long list.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{InvalidTenant, StoreError, Tenant, TenantStatus};
use crate::tenant_id::TenantId;

/// Which tenants are meant. By default all but the deleted ones.
///
/// # Examples
///
/// ```
/// use tenants_core::store::{Filter, TenantStatus};
///
/// let all = Filter::all();
/// let served = Filter::status(TenantStatus::Active);
/// assert!(!Filter::default().statuses().contains(&TenantStatus::Deleted));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Vec<TenantStatus>);

impl Filter {
    /// All tenants, the deleted ones among them.
    #[must_use]
    pub fn all() -> Self {
        Self(TenantStatus::ALL.to_vec())
    }

    /// Those of one status.
    #[must_use]
    pub fn status(status: TenantStatus) -> Self {
        Self(vec![status])
    }

    /// Those of any of some statuses.
    #[must_use]
    pub fn any_of(statuses: impl IntoIterator<Item = TenantStatus>) -> Self {
        let mut statuses: Vec<_> = statuses.into_iter().collect();
        statuses.sort_unstable();
        statuses.dedup();
        Self(statuses)
    }

    /// The statuses.
    #[must_use]
    pub fn statuses(&self) -> &[TenantStatus] {
        &self.0
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::any_of(TenantStatus::ALL.into_iter().filter(|it| *it != TenantStatus::Deleted))
    }
}

/// How many records at most, from 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limit(u16);

/// A number of records that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a page has 1 to {max} records", max = Limit::MAX)]
pub struct LimitError;

impl Limit {
    /// The greatest one.
    pub const MAX: u16 = 1_000;

    /// Takes a number of records.
    ///
    /// # Errors
    ///
    /// [`LimitError`] for 0 and above 1,000.
    pub fn new(records: u16) -> Result<Self, LimitError> {
        if (1..=Self::MAX).contains(&records) { Ok(Self(records)) } else { Err(LimitError) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for Limit {
    /// 100
    fn default() -> Self {
        Self(100)
    }
}

/// The place behind a record, in the order of [`ListQuery`]: newest first, and by id where they are of one moment.
///
/// Its text is for addresses and holds the id of the record; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor {
    created_at: i64,
    id: TenantId,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no place in a list of tenants: take the `next` of a page as it is")]
pub struct CursorError;

impl Cursor {
    /// The moments that every database can compare with: the years 1 to 9999, in microseconds of the Unix epoch.
    const MOMENTS: RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

    /// The place behind a record. One of a moment that databases do not know is next to the last one that they do.
    #[must_use]
    pub fn behind(id: &TenantId, created_at: DateTime<Utc>) -> Self {
        let (first, last) = (*Self::MOMENTS.start(), *Self::MOMENTS.end());
        Self { created_at: created_at.timestamp_micros().clamp(first, last), id: id.clone() }
    }

    /// Microseconds of the Unix epoch, and the id.
    #[must_use]
    pub fn key(&self) -> (i64, &TenantId) {
        (self.created_at, &self.id)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created_at, self.id.as_str())
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(..)")
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Before 1970 it begins with a hyphen of its own.
        let digits = text.strip_prefix('-').unwrap_or(text);
        let end = text.len() - digits.len() + digits.find('-').ok_or(CursorError)?;
        let (created_at, id) = (&text[..end], &text[end + 1..]);
        let created_at = created_at.parse().map_err(|_| CursorError)?;
        if !Self::MOMENTS.contains(&created_at) {
            return Err(CursorError);
        }
        Ok(Self { created_at, id: TenantId::try_from(id).map_err(|_| CursorError)? })
    }
}

/// A part of the list of all tenants: newest first, in a total order.
///
/// # Examples
///
/// ```
/// use tenants_core::store::{Filter, Limit, ListQuery, TenantStatus};
///
/// let first = ListQuery::new(Filter::status(TenantStatus::Active)).limit(Limit::new(20)?);
/// # Ok::<(), tenants_core::store::LimitError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ListQuery {
    /// Which tenants.
    pub filter: Filter,
    /// How many at most.
    pub limit: Limit,
    /// Behind which record the page begins.
    pub after: Option<Cursor>,
    /// How many records are passed over. Each of them is read: prefer [`after`](Self::after), which costs the same on
    /// every page and misses no record while others come and go.
    pub offset: u64,
}

impl ListQuery {
    /// The first page.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }

    /// How many records at most.
    #[must_use]
    pub fn limit(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    /// Begins behind the record that the page before ended with.
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self { after: Some(cursor), ..self }
    }

    /// Passes over a number of records.
    #[must_use]
    pub fn offset(self, offset: u64) -> Self {
        Self { offset, ..self }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Those of the same part that cannot be read.
    pub invalid: Vec<InvalidTenant>,
    /// Where the next part begins; `None` if this was the last one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Puts a page together.
    #[must_use]
    pub fn new(items: Vec<T>, invalid: Vec<InvalidTenant>, next: Option<Cursor>) -> Self {
        Self { items, invalid, next }
    }
}

/// A part of a walk: its tenants, with an error in the place of each that cannot be read, and the id that the next part is
/// behind; `None` at the end.
pub type Walked = (Vec<Result<Tenant, StoreError>>, Option<TenantId>);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        for (micros, id) in [(0, "a"), (-5, "-1"), (1_796_000_000_000_001, "a-b-ü")] {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let cursor = Cursor::behind(&TenantId::try_from(id).unwrap(), time);
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        let beyond = ["9999999999999999999-a", "9223372036854775807-a", "-9223372036854775808-a"];
        for text in ["", "-", "1", "1-", "x-a", "--a", "1-\0"].into_iter().chain(beyond) {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text:?}");
        }
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let cursor = Cursor::behind(&TenantId::from(1), moment);
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn a_page_has_some_records_and_not_all() {
        assert_eq!((Limit::new(0), Limit::new(1_001)), (Err(LimitError), Err(LimitError)));
        assert_eq!(Limit::new(1_000).unwrap().get(), 1_000);
    }
}
