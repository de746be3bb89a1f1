//! The name of a schema that holds the rows of one tenant.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::Slug;
use crate::quote::MAX_IDENTIFIER_BYTES;
use crate::tenant_id::TenantId;

/// How many letters and digits of the hash of an id are in a name: 80 bits.
const HASH_DIGITS: usize = 16;

/// The name of a schema that holds the rows of one tenant: 1 to 63 of `a-z`, `0-9` and `_`, begun by a letter or `_`.
///
/// # Examples
///
/// ```
/// use tenants_core::store::SchemaName;
///
/// assert!("tenant_acme".parse::<SchemaName>().is_ok());
/// assert!("public".parse::<SchemaName>().is_err());
/// assert!("Acme".parse::<SchemaName>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName(Arc<str>);

/// Why a text is no name of a tenant's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaNameError {
    /// It is empty or longer than 63 bytes.
    #[error("the name of a schema has 1 to 63 characters, and this has {bytes} bytes")]
    Length {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It holds or begins with what would have to be quoted.
    #[error(
        "the name of a tenant's schema consists of `a-z`, `0-9` and `_`, and begins with no digit"
    )]
    Character,
    /// It is a schema of PostgreSQL's, of this library's or of everybody's.
    #[error(
        "`public`, `tenants`, `information_schema` and what begins with `pg_` hold no tenant's rows"
    )]
    Reserved,
}

impl SchemaName {
    /// A name for the schema of a new tenant: what all begin with, the slug, as far as there is room, and 80 bits of a
    /// hash of the id. No two tenants get the same one, whatever their slugs are.
    ///
    /// To be called once, when the tenant is made. Its [`Placement`](super::Placement) keeps the name; to derive it anew
    /// would lose the rows of a tenant that got another slug.
    ///
    /// # Examples
    ///
    /// ```
    /// use tenants_core::TenantId;
    /// use tenants_core::store::{SchemaName, SchemaPrefix};
    ///
    /// let name = SchemaName::derive(&SchemaPrefix::default(), &TenantId::from(7), &"acme-corp".parse()?);
    /// assert_eq!(name.as_str(), "t_acme_corp_pebgtg7efsfi4rx3");
    /// # Ok::<(), tenants_core::store::SlugError>(())
    /// ```
    #[must_use]
    pub fn derive(prefix: &SchemaPrefix, id: &TenantId, slug: &Slug) -> Self {
        let hash = Sha256::digest(id.as_str());
        let room = MAX_IDENTIFIER_BYTES - prefix.as_str().len() - HASH_DIGITS - 1;
        // Slugs are ASCII, and have no underscore of their own.
        let slug = slug.as_str().bytes().take(room);
        let slug = slug.map(|byte| if byte == b'-' { '_' } else { char::from(byte) });
        let mut name = prefix.as_str().to_owned();
        name.extend(slug);
        name.push('_');
        name.extend(base32(&hash).take(HASH_DIGITS));
        Self(name.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SchemaName {
    type Err = SchemaNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(1..=MAX_IDENTIFIER_BYTES).contains(&text.len()) {
            return Err(SchemaNameError::Length { bytes: text.len() });
        }
        let is_plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !is_plain || text.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(SchemaNameError::Character);
        }
        if matches!(text, "public" | "tenants" | "information_schema") || text.starts_with("pg_") {
            return Err(SchemaNameError::Reserved);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What the names of tenants' schemas begin with: up to 16 of `a-z`, `0-9` and `_`, begun by a letter and ended by `_`.
/// `t_` unless another one is chosen.
///
/// # Examples
///
/// ```
/// use tenants_core::store::SchemaPrefix;
///
/// assert!("customer_".parse::<SchemaPrefix>().is_ok());
/// assert!("pg_".parse::<SchemaPrefix>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaPrefix(Arc<str>);

/// A text that no tenant's schema begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the names of tenants' schemas begin with up to 16 of `a-z`, `0-9` and `_`: first a letter, last `_`, and not with `pg_`"
)]
pub struct SchemaPrefixError;

impl SchemaPrefix {
    /// The greatest length, in bytes.
    pub const MAX_BYTES: usize = 16;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SchemaPrefix {
    fn default() -> Self {
        Self("t_".into())
    }
}

impl FromStr for SchemaPrefix {
    type Err = SchemaPrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
        // The `_` keeps a slug from making `pg_` of it.
        let is_prefix = is_plain && begins && text.ends_with('_') && !text.starts_with("pg_");
        if is_prefix && text.len() <= Self::MAX_BYTES {
            Ok(Self(text.into()))
        } else {
            Err(SchemaPrefixError)
        }
    }
}

/// Five bits each, as letters and digits that are told apart by eye.
fn base32(bytes: &[u8]) -> impl Iterator<Item = char> {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bit = |at: usize| bytes.get(at / 8).map(|byte| byte >> (7 - at % 8) & 1);
    (0..bytes.len() * 8).step_by(5).map_while(move |at| {
        let value = (at..at + 5).try_fold(0, |value, at| Some(value << 1 | bit(at)?))?;
        DIGITS.get(usize::from(value)).copied().map(char::from)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_a_tenants_schema() {
        let longest = "a".repeat(63);
        for name in ["tenant_acme", "_private", &longest] {
            assert_eq!(name.parse::<SchemaName>().unwrap().as_str(), name);
        }
        let long = "a".repeat(64);
        for (name, expected) in [
            ("", SchemaNameError::Length { bytes: 0 }),
            (&*long, SchemaNameError::Length { bytes: 64 }),
            ("Acme", SchemaNameError::Character),
            ("ac-me", SchemaNameError::Character),
            ("1acme", SchemaNameError::Character),
            ("public", SchemaNameError::Reserved),
            ("pg_temp", SchemaNameError::Reserved),
            ("information_schema", SchemaNameError::Reserved),
            ("tenants", SchemaNameError::Reserved),
        ] {
            assert_eq!(name.parse::<SchemaName>(), Err(expected), "{name:?}");
        }
    }

    #[test]
    fn what_names_of_schemas_begin_with() {
        let longest = format!("{}_", "a".repeat(15));
        for prefix in ["t_", "tenant_", "a1_", "p_", &longest] {
            assert_eq!(prefix.parse::<SchemaPrefix>().unwrap().as_str(), prefix);
        }
        for other in
            ["", "_", "t", "1_", "T_", "t-_", "pg_", "pg_x_", "t_\n", &format!("a{longest}")]
        {
            assert_eq!(other.parse::<SchemaPrefix>(), Err(SchemaPrefixError), "{other:?}");
        }
    }

    #[test]
    fn letters_of_five_bits_each() {
        let text = |bytes: &[u8]| base32(bytes).collect::<String>();
        // RFC 4648, section 10, without what has fewer bits.
        assert_eq!(text(b"fooba"), "mzxw6ytb");
        assert_eq!(text(&[0xff, 0, 0, 0, 0, 0xff]), "74aaaaaa7");
    }

    /// Whatever the slugs are: also if they are the same but for what had no room, or what a name cannot hold.
    #[test]
    fn no_two_tenants_get_the_same_schema() {
        let (longest, prefix) = ("a".repeat(62), SchemaPrefix("a23456789012345_".into()));
        let mut slugs: Vec<_> = ('a'..='z').map(|last| format!("{longest}{last}")).collect();
        slugs.extend(["acme", "acme-1", "acme1", "pg-catalog", "g-x"].map(str::to_owned));
        let mut names = BTreeSet::new();
        for (number, slug) in slugs.iter().enumerate() {
            let id = TenantId::from(i64::try_from(number).unwrap());
            for prefix in [&prefix, &SchemaPrefix::default(), &SchemaPrefix("p_".into())] {
                let name = SchemaName::derive(prefix, &id, &slug.parse().unwrap());
                assert_eq!(name.as_str().parse(), Ok(name.clone()));
                assert!(names.insert(name));
            }
        }
        // A tenant that gets the slug of another one, which is gone, gets no schema of that one.
        let slug = slugs[0].parse().unwrap();
        assert!(names.insert(SchemaName::derive(&prefix, &TenantId::from(1_000), &slug)));
    }
}
