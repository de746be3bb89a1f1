//! How URLs of tenants' databases are stored.

use std::fmt::Debug;

/// Seals the URL of a tenant's own database before it is stored, and opens it when it is read: with a key of the
/// application's, or of its key service.
///
/// Without one, URLs are stored as they are, passwords included.
///
/// # Security
///
/// Neither errors nor `Debug` of this library hold what it seals or returns.
///
/// # Examples
///
/// ```
/// use tenants_diesel::store::SecretCodec;
///
/// #[derive(Debug)]
/// struct Reversed; // For an example. Use an authenticated cipher.
///
/// impl SecretCodec for Reversed {
///     fn seal(&self, url: &str) -> Option<String> {
///         Some(url.chars().rev().collect())
///     }
///     fn open(&self, sealed: &str) -> Option<String> {
///         Some(sealed.chars().rev().collect())
///     }
/// }
/// ```
pub trait SecretCodec: Debug + Send + Sync {
    /// What is stored for a URL; `None` if it cannot be sealed.
    fn seal(&self, url: &str) -> Option<String>;

    /// The URL of what is stored; `None` if it cannot be opened.
    fn open(&self, sealed: &str) -> Option<String>;
}

/// URLs are stored as they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unsealed;

impl SecretCodec for Unsealed {
    fn seal(&self, url: &str) -> Option<String> {
        Some(url.to_owned())
    }

    fn open(&self, sealed: &str) -> Option<String> {
        Some(sealed.to_owned())
    }
}
