//! The tenant id: opaque, canonical text.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use crate::quote::{Identifier, Literal};
use crate::table::TenantType;

/// Names one tenant.
///
/// It is made from text, `i32`, `i64` or [`Uuid`] and kept as canonical text: integers decimal,
/// UUIDs in lower case with hyphens, text as given. Cloning is cheap.
///
/// # Security
///
/// Two ids that compare equal in the database must compare equal here, otherwise one tenant could
/// be created under another one's spelling (`007` for `7`). [`fits`](Self::fits) refuses such
/// spellings for the type of the tenant column; pools call it for every registered table.
///
/// # Examples
///
/// ```
/// use tenants_core::TenantId;
///
/// let acme = TenantId::try_from("acme")?;
/// let seven = TenantId::from(7);
/// assert_eq!((acme.as_str(), seven.as_str()), ("acme", "7"));
/// # Ok::<(), tenants_core::TenantIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

/// An id that cannot name a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TenantIdError {
    /// The id has no characters; PostgreSQL reports an unset tenant as empty text.
    #[error("a tenant id must not be empty")]
    Empty,
    /// The id holds a NUL character, which PostgreSQL cannot store.
    #[error("a tenant id must not contain a NUL character")]
    Nul,
    /// The id is longer than the isolation mode allows.
    #[error(
        "a tenant id of {bytes} bytes is too long: at most {max} here; use a shorter id, or isolation by shared role, which allows 255"
    )]
    TooLong {
        /// Length of the refused id in bytes.
        bytes: usize,
        /// The greatest length allowed, in bytes.
        max: usize,
    },
    /// The id is not how the tenant column's type spells its values.
    #[error(
        "a tenant id for a column of type {column} must be spelled as the database spells it: make it with `TenantId::from` a number or UUID"
    )]
    NotCanonical {
        /// The type of the tenant column.
        column: TenantType,
    },
}

impl From<Infallible> for TenantIdError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl TenantId {
    /// The greatest length of an id, in bytes.
    pub const MAX_BYTES: usize = 255;
    /// The greatest length of an id whose tenant has a role, in bytes.
    pub const MAX_BYTES_WITH_ROLE: usize =
        crate::quote::MAX_IDENTIFIER_BYTES - Self::ROLE_PREFIX.len();
    /// What the role of a tenant is called in front of the id (isolation by one role per tenant).
    pub const ROLE_PREFIX: &'static str = "tenant_";

    fn new(id: &str) -> Result<Self, TenantIdError> {
        if id.is_empty() {
            return Err(TenantIdError::Empty);
        }
        if id.contains('\0') {
            return Err(TenantIdError::Nul);
        }
        if id.len() > Self::MAX_BYTES {
            return Err(TenantIdError::TooLong { bytes: id.len(), max: Self::MAX_BYTES });
        }
        Ok(Self(id.into()))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a quoted constant.
    #[must_use]
    pub fn literal(&self) -> Literal<'_> {
        Literal::new(&self.0)
    }

    /// The name of this tenant's role: the id behind [`ROLE_PREFIX`](Self::ROLE_PREFIX).
    ///
    /// # Errors
    ///
    /// [`TenantIdError::TooLong`] above 56 bytes: PostgreSQL would cut the name off, and two
    /// tenants could share one role.
    pub fn role(&self) -> Result<Identifier, TenantIdError> {
        Identifier::new(format!("{}{}", Self::ROLE_PREFIX, self.0)).map_err(|_| {
            TenantIdError::TooLong { bytes: self.0.len(), max: Self::MAX_BYTES_WITH_ROLE }
        })
    }

    /// Checks that a tenant column of this type spells the id exactly like this.
    ///
    /// # Errors
    ///
    /// [`TenantIdError::NotCanonical`] for `007` or `+7` in an integer column, for upper case,
    /// braces or missing hyphens in a UUID column, and for anything out of range.
    pub fn fits(&self, column: TenantType) -> Result<(), TenantIdError> {
        let id: &str = &self.0;
        let canonical = match column {
            TenantType::Text => true,
            TenantType::Int4 => id.parse::<i32>().is_ok_and(|n| n.to_string() == id),
            TenantType::Int8 => id.parse::<i64>().is_ok_and(|n| n.to_string() == id),
            TenantType::Uuid => id.parse::<Uuid>().is_ok_and(|u| u.hyphenated().to_string() == id),
        };
        if canonical { Ok(()) } else { Err(TenantIdError::NotCanonical { column }) }
    }

    /// Checks that a tenant column of this type does not take the id for one that it spells
    /// differently.
    ///
    /// Less than [`fits`](Self::fits), for tables that the program does not know: what the type does
    /// not read at all, PostgreSQL refuses in every policy.
    ///
    /// # Errors
    ///
    /// [`TenantIdError::NotCanonical`] for every other spelling that PostgreSQL reads as a value of
    /// the type, `0x7` and `1_000` among them.
    pub fn is_no_alias(&self, column: TenantType) -> Result<(), TenantIdError> {
        let id: &str = &self.0;
        let canonical = match column {
            TenantType::Text => None,
            TenantType::Int4 => {
                integer(id).and_then(|n| i32::try_from(n).ok()).map(|n| n.to_string())
            }
            TenantType::Int8 => {
                integer(id).and_then(|n| i64::try_from(n).ok()).map(|n| n.to_string())
            }
            TenantType::Uuid => uuid(id).map(|uuid| uuid.hyphenated().to_string()),
        };
        match canonical {
            Some(canonical) if canonical != id => Err(TenantIdError::NotCanonical { column }),
            _ => Ok(()),
        }
    }
}

/// What PostgreSQL reads as an integer, of any version: from 16 on also `0x7` and `1_000`.
fn integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.replace('_', "").to_ascii_lowercase();
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2), ("", 10)];
    let (digits, radix) = prefixes
        .into_iter()
        .find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, radix)))?;
    // Rust alone reads a sign here.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    i128::from_str_radix(digits, radix).ok().map(|n| sign * n)
}

/// What PostgreSQL reads as a UUID: 32 digits, hyphens behind each fourth, braces or none.
fn uuid(text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let digits = digits.replace('-', "");
    if digits.len() != 32 {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().map(Uuid::from_u128)
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({:?})", &*self.0)
    }
}

impl TryFrom<&str> for TenantId {
    type Error = TenantIdError;

    fn try_from(id: &str) -> Result<Self, TenantIdError> {
        Self::new(id)
    }
}

impl TryFrom<&String> for TenantId {
    type Error = TenantIdError;

    fn try_from(id: &String) -> Result<Self, TenantIdError> {
        Self::new(id)
    }
}

impl TryFrom<String> for TenantId {
    type Error = TenantIdError;

    fn try_from(id: String) -> Result<Self, TenantIdError> {
        Self::new(&id)
    }
}

impl std::str::FromStr for TenantId {
    type Err = TenantIdError;

    fn from_str(id: &str) -> Result<Self, TenantIdError> {
        Self::new(id)
    }
}

impl From<&TenantId> for TenantId {
    fn from(id: &TenantId) -> Self {
        id.clone()
    }
}

impl From<i32> for TenantId {
    fn from(id: i32) -> Self {
        Self(id.to_string().into())
    }
}

impl From<i64> for TenantId {
    fn from(id: i64) -> Self {
        Self(id.to_string().into())
    }
}

impl From<Uuid> for TenantId {
    fn from(id: Uuid) -> Self {
        Self(id.hyphenated().to_string().into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_postgresql_cannot_hold_are_refused() {
        assert_eq!(TenantId::try_from(""), Err(TenantIdError::Empty));
        assert_eq!(TenantId::try_from("a\0b"), Err(TenantIdError::Nul));
        assert_eq!(
            TenantId::try_from("x".repeat(256)),
            Err(TenantIdError::TooLong { bytes: 256, max: 255 })
        );
        assert!(TenantId::try_from("x".repeat(255)).is_ok());
    }

    #[test]
    fn numbers_and_uuids_are_canonical() {
        assert_eq!(TenantId::from(i64::MIN).as_str(), "-9223372036854775808");
        assert_eq!(TenantId::from(1_i64 << 40), TenantId::try_from("1099511627776").unwrap());
        let uuid: Uuid = "67E55044-10B1-426F-9247-BB680E5FE0C8".parse().unwrap();
        assert_eq!(TenantId::from(uuid).as_str(), "67e55044-10b1-426f-9247-bb680e5fe0c8");
    }

    #[test]
    fn another_spelling_of_the_same_value_does_not_fit() {
        for spelling in ["007", "+7", " 7", "7 ", "-0", "٧", "7.0", "2147483648"] {
            let id = TenantId::try_from(spelling).unwrap();
            let refused = Err(TenantIdError::NotCanonical { column: TenantType::Int4 });
            assert_eq!(id.fits(TenantType::Int4), refused, "{spelling}");
            assert_eq!(id.fits(TenantType::Text), Ok(()));
        }
        for spelling in [
            "67E55044-10B1-426F-9247-BB680E5FE0C8",
            "67e5504410b1426f9247bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
        ] {
            let id = TenantId::try_from(spelling).unwrap();
            let refused = Err(TenantIdError::NotCanonical { column: TenantType::Uuid });
            assert_eq!(id.fits(TenantType::Uuid), refused, "{spelling}");
        }
        assert_eq!(TenantId::from(7).fits(TenantType::Int8), Ok(()));
    }

    #[test]
    fn a_column_of_an_unknown_table_takes_no_id_for_another() {
        let check = |id: &str, column| TenantId::try_from(id).unwrap().is_no_alias(column);
        for column in [TenantType::Int4, TenantType::Int8] {
            for alias in ["007", "+7", " 7", "7\n", "-0", "00", "0x7", "0b111", "0O7", "1_000"] {
                assert_eq!(
                    check(alias, column),
                    Err(TenantIdError::NotCanonical { column }),
                    "{alias}"
                );
            }
            // The column's own spellings, and what it does not read.
            for other in ["7", "-7", "0", "acme", "7up", "x7", "0x", "0x-7", "--7", "٧", "7.0"] {
                assert_eq!(check(other, column), Ok(()), "{other}");
            }
        }
        assert_eq!(check("02147483648", TenantType::Int4), Ok(()), "out of range");
        let column = TenantType::Uuid;
        for alias in [
            "67E55044-10B1-426F-9247-BB680E5FE0C8",
            "67e5504410b1426f9247bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "67e5-5044-10b1-426f-9247-bb68-0e5f-e0c8",
        ] {
            assert_eq!(
                check(alias, column),
                Err(TenantIdError::NotCanonical { column }),
                "{alias}"
            );
        }
        for other in ["67e55044-10b1-426f-9247-bb680e5fe0c8", "acme", "7", "{}"] {
            assert_eq!(check(other, column), Ok(()), "{other}");
        }
        assert_eq!(check("007", TenantType::Text), Ok(()));
    }

    #[test]
    fn two_tenants_never_share_a_role() {
        assert_eq!(TenantId::from(7).role().unwrap().as_str(), "tenant_7");
        assert_eq!(TenantId::try_from("x".repeat(56)).unwrap().role().unwrap().as_str().len(), 63);
        assert_eq!(
            TenantId::try_from("x".repeat(57)).unwrap().role(),
            Err(TenantIdError::TooLong { bytes: 57, max: 56 })
        );
    }
}
