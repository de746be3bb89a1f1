//! The name of a tenant in addresses.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// Names a tenant in addresses, such as `acme` in `acme.example.com`: 3 to 63 of `a-z`, `0-9` and single hyphens,
/// begun by a letter and ended by no hyphen.
///
/// It is unique among the tenants of a store, and may change; what a tenant's rows are told apart by is its
/// [`TenantId`](crate::TenantId).
///
/// # Examples
///
/// ```
/// use tenants_core::store::Slug;
///
/// let slug: Slug = "acme-corp".parse()?;
/// assert_eq!(slug.as_str(), "acme-corp");
/// assert!("Acme".parse::<Slug>().is_err());
/// # Ok::<(), tenants_core::store::SlugError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Arc<str>);

/// Why a text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SlugError {
    /// It is shorter than 3 or longer than 63 bytes.
    #[error("a slug has 3 to 63 characters, and this has {bytes} bytes")]
    Length {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It holds something else than letters, digits and hyphens.
    #[error("a slug consists of `a-z`, `0-9` and `-`")]
    Character,
    /// It does not begin with a letter.
    #[error("a slug begins with a letter")]
    Beginning,
    /// A hyphen ends it, or follows another one.
    #[error("each hyphen of a slug stands between two letters or digits")]
    Hyphen,
    /// It is kept for other purposes.
    #[error("the slug is reserved: choose another one, or give the store other `reserved_slugs`")]
    Reserved,
}

impl Slug {
    /// The least length of a slug.
    pub const MIN_BYTES: usize = 3;
    /// The greatest length of a slug, which is that of a label in a domain name.
    pub const MAX_BYTES: usize = 63;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(Self::MIN_BYTES..=Self::MAX_BYTES).contains(&text.len()) {
            return Err(SlugError::Length { bytes: text.len() });
        }
        if !text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err(SlugError::Character);
        }
        if !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(SlugError::Beginning);
        }
        if text.ends_with('-') || text.contains("--") {
            return Err(SlugError::Hyphen);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<&str> for Slug {
    type Error = SlugError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Slugs that no tenant gets, because an address with one of them means something else.
///
/// Tenants that have one already keep it.
///
/// # Examples
///
/// ```
/// use tenants_core::store::ReservedSlugs;
///
/// let reserved = ReservedSlugs::default().and(["shop"]);
/// assert!(reserved.check(&"shop".parse()?).is_err());
/// assert!(reserved.check(&"admin".parse()?).is_err());
/// assert!(ReservedSlugs::none().check(&"admin".parse()?).is_ok());
/// # Ok::<(), tenants_core::store::SlugError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedSlugs(BTreeSet<String>);

/// What is a part of many sites, of e-mail, or of PostgreSQL.
const RESERVED: [&str; 48] = [
    "about",
    "account",
    "accounts",
    "admin",
    "administrator",
    "api",
    "app",
    "assets",
    "auth",
    "billing",
    "blog",
    "cdn",
    "dashboard",
    "default",
    "dev",
    "docs",
    "ftp",
    "graphql",
    "health",
    "help",
    "imap",
    "information-schema",
    "internal",
    "localhost",
    "login",
    "logout",
    "mail",
    "metrics",
    "null",
    "pop",
    "postgres",
    "postmaster",
    "public",
    "root",
    "shared",
    "signup",
    "smtp",
    "sso",
    "staging",
    "static",
    "status",
    "support",
    "system",
    "tenant",
    "tenants",
    "test",
    "undefined",
    "www",
];

impl Default for ReservedSlugs {
    /// Those that are a part of many sites, such as `www`, `api` and `admin`.
    fn default() -> Self {
        Self::none().and(RESERVED)
    }
}

impl ReservedSlugs {
    /// No slug is reserved.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Reserves further ones.
    #[must_use]
    pub fn and(mut self, slugs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.0.extend(slugs.into_iter().map(Into::into));
        self
    }

    /// Checks that a tenant may get the slug.
    ///
    /// # Errors
    ///
    /// [`SlugError::Reserved`] if it is one of these, or begins with `pg-`, as names of PostgreSQL's own do.
    pub fn check(&self, slug: &Slug) -> Result<(), SlugError> {
        let is_reserved = self.0.contains(slug.as_str());
        // No list, no rule.
        let is_system = !self.0.is_empty() && slug.as_str().starts_with("pg-");
        if is_reserved || is_system { Err(SlugError::Reserved) } else { Ok(()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_slug_and_what_is_none() {
        let longest = "a".repeat(63);
        for slug in ["acme-corp", "ab1", "a-1-b", &longest] {
            assert_eq!(slug.parse::<Slug>().map(|slug| slug.to_string()), Ok(slug.to_owned()));
        }
        let (long, longer) = ("a".repeat(64), "a".repeat(513));
        for (text, expected) in [
            ("", SlugError::Length { bytes: 0 }),
            ("ab", SlugError::Length { bytes: 2 }),
            (&*long, SlugError::Length { bytes: 64 }),
            (&*longer, SlugError::Length { bytes: 513 }),
            ("Acme", SlugError::Character),
            ("ac.me", SlugError::Character),
            ("ac_me", SlugError::Character),
            ("acme\n", SlugError::Character),
            (" acme", SlugError::Character),
            ("аcme", SlugError::Character),
            ("1acme", SlugError::Beginning),
            ("-acme", SlugError::Beginning),
            ("acme-", SlugError::Hyphen),
            ("ac--me", SlugError::Hyphen),
        ] {
            assert_eq!(text.parse::<Slug>(), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn reserved_ones_are_slugs_all_the_same() {
        for slug in RESERVED {
            let slug = slug.parse().unwrap();
            assert_eq!(ReservedSlugs::default().check(&slug), Err(SlugError::Reserved), "{slug}");
        }
        let system = "pg-catalog".parse().unwrap();
        assert_eq!(ReservedSlugs::default().check(&system), Err(SlugError::Reserved));
        assert_eq!(ReservedSlugs::none().check(&system), Ok(()));
    }
}
