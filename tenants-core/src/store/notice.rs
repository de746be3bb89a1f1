//! What a database of PostgreSQL says of records that were changed.
//!
//! Whoever may log in may `LISTEN`, so a notice names nobody: it holds a [`Mark`] of each id and slug, which tells
//! something only to those who have the [`NoticeKey`] and ask whether it is the mark of one that they know.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Where the notices are.
pub const CHANNEL: &str = "tenants_tenant";
/// From its commit on the connection gets them.
pub const LISTEN: &str = r#"LISTEN "tenants_tenant""#;
/// One row: the [`NoticeKey`] as `key`. Before it is asked for the first time, the database says nothing to anybody.
pub const KEY: &str = r#"SELECT "tenants"."notice_key"() AS "key""#;

/// Tells all who listen, the one that asks among them, that nothing was changed: who hears it is told of changes, too.
pub const ECHO: &str = r#"SELECT pg_catalog.pg_notify('tenants_tenant', '-')"#;

/// By which the marks of one database are made. Whoever has it can tell which of the tenants that they know was changed.
#[derive(Clone, PartialEq, Eq)]
pub struct NoticeKey([u8; 32]);

/// Why a text is no key of notices. It is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the key of notices has 64 hexadecimal digits: run `tenants setup`")]
pub struct NoticeKeyError;

/// Stands for an id or a slug. Different ones may have the same, and hardly ever do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark(u64);

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// What has one of these marks.
    Marked(Vec<Mark>),
    /// Anything.
    All,
    /// Nothing: an [`ECHO`].
    Nothing,
}

impl NoticeKey {
    /// A key of random bytes.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The mark of an id or a slug.
    #[must_use]
    pub fn mark(&self, text: &str) -> Mark {
        let hash = Sha256::new().chain_update(self.0).chain_update(text).finalize();
        let (mark, _) = hash.as_slice().split_first_chunk().unwrap_or((&[0; 8], &[]));
        Mark(u64::from_be_bytes(*mark))
    }
}

impl FromStr for NoticeKey {
    type Err = NoticeKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut key = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(NoticeKeyError);
        }
        for (at, byte) in key.iter_mut().enumerate() {
            let digits = &text[2 * at..2 * at + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoticeKeyError)?;
        }
        Ok(Self(key))
    }
}

impl fmt::Debug for NoticeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoticeKey(..)")
    }
}

impl Mark {
    /// A place for it among some.
    #[must_use]
    pub const fn place(self, among: usize) -> usize {
        // No place is beyond `among`, whose type this is.
        (self.0 % among as u64) as usize
    }
}

impl Notice {
    /// Reads what a notification says. Anybody may send one, and nothing may come of it but that more is read anew:
    /// one that cannot be read means everything.
    #[must_use]
    pub fn read(payload: &str) -> Self {
        if payload == "-" {
            return Self::Nothing;
        }
        let marks = payload.split(' ').map(|mark| u64::from_str_radix(mark, 16).map(Mark));
        marks.collect::<Result<_, _>>().map_or(Self::All, Self::Marked)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_what_the_database_makes_of_it() {
        let key: NoticeKey = "00".repeat(32).parse().unwrap();
        // SELECT encode(substr(sha256(decode(repeat('00', 32), 'hex') || convert_to('acme', 'UTF8')), 1, 8), 'hex')
        assert_eq!(format!("{:016x}", key.mark("acme").0), "d4a93819e04d4002");
        let other: NoticeKey = "01".repeat(32).parse().unwrap();
        assert_ne!(key.mark("acme"), other.mark("acme"));
        assert_eq!(format!("{key:?}"), "NoticeKey(..)");
    }

    #[test]
    fn a_key_is_read_or_refused() {
        assert_eq!("ff".repeat(32).parse(), Ok(NoticeKey::new([255; 32])));
        for text in ["", "00", &"0g".repeat(32), &"00".repeat(33), &"é".repeat(32)] {
            assert_eq!(text.parse::<NoticeKey>(), Err(NoticeKeyError), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_means_everything() {
        let two = Notice::Marked(vec![Mark(1), Mark(0xff00_0000_0000_0000)]);
        assert_eq!(Notice::read("0000000000000001 ff00000000000000"), two);
        assert_eq!(Notice::read("-"), Notice::Nothing);
        for payload in ["*", "", "--", "1  2", "acme", "10000000000000000"] {
            assert_eq!(Notice::read(payload), Notice::All, "{payload:?}");
        }
    }

    #[test]
    fn every_mark_has_a_place() {
        assert_eq!(Mark(u64::MAX).place(4096), 4095);
        assert_eq!(Mark(4097).place(4096), 1);
    }
}
