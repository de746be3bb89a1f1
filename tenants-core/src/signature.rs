//! Signed scopes: the proof that it was the application that chose the tenant.
//!
//! A setting that names the tenant can be set by every statement that is injected, and so can a role. A
//! [`Signature`] cannot be made without the [`SigningKey`], which the database keeps where no scoped code
//! reads it. The guard of each table asks `tenants.verified_tenant()` (`migrations/`) for it, once a statement.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use crate::quote::{Literal, Sql, sql};
use crate::tenant_id::TenantId;

/// Makes a key in the database: one row of `id` and `secret` ([`SigningKey::from_parts`]).
pub const ADD_KEY: &str = r#"SELECT "key_id" AS "id", "secret" FROM "tenants"."add_scope_key"()"#;
/// Lets every key but `$1` retire in `$2` seconds, unless it does so earlier.
pub const RETIRE_OTHERS: &str = r#"UPDATE "tenants"."scope_key" AS k
SET "retires_at" = LEAST(k."retires_at", pg_catalog.now() + pg_catalog.make_interval(secs => $2))
WHERE k."id" <> $1"#;
/// All keys, the oldest first: `id`, `created`, `retires` (NULL: never) and `is_retired`.
pub const LIST_KEYS: &str = r#"SELECT
    k."id",
    pg_catalog.to_char(k."created_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') AS "created",
    pg_catalog.to_char(k."retires_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') AS "retires",
    COALESCE(k."retires_at" <= pg_catalog.now(), false) AS "is_retired"
FROM "tenants"."scope_key" AS k
ORDER BY k."created_at", k."id""#;
/// Removes the key `$1`: what is signed with it counts no more, also in transactions that run.
pub const REMOVE_KEY: &str = r#"DELETE FROM "tenants"."scope_key" AS k WHERE k."id" = $1"#;
/// What a connection signs for: `pid` of its backend and `clock`, the server's time in seconds.
pub const BACKEND: &str = r#"SELECT
    pg_catalog.pg_backend_pid() AS "pid",
    pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())::bigint AS "clock""#;
/// The tenant that a scope proves, as `tenant`.
pub const VERIFY: &str = r#"SELECT "tenants"."verified_tenant"() AS "tenant""#;

/// Whether the guards of a database ask for signed scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// The guard takes the tenant as `current_tenant()` tells it.
    #[default]
    Off,
    /// The guard takes it only as `verified_tenant()` finds it proved.
    On,
}

impl Signing {
    /// The other way.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Off => Self::On,
            Self::On => Self::Off,
        }
    }
}

/// Signs scopes. The text form, `tenants_key_<id>_<secret>`, comes from `tenants key add`.
///
/// # Security
///
/// Whoever has it can enter the scope of every tenant. `Debug` shows the id alone, and there is no way
/// to get the text back out of it.
///
/// # Examples
///
/// ```
/// use tenants_core::signature::SigningKey;
///
/// let text = format!("tenants_key_0a1b2c3d_{}", "9f".repeat(32));
/// let key: SigningKey = text.parse()?;
/// assert_eq!(key.id(), "0a1b2c3d");
/// assert_eq!(format!("{key:?}"), "SigningKey(0a1b2c3d)");
/// # Ok::<(), tenants_core::signature::SigningKeyError>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    id: String,
    mac: Hmac<Sha256>,
}

/// Why a text is no signing key. It is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "this is no signing key: expected `tenants_key_<8 hexadecimal digits>_<64 hexadecimal digits>`, all of it as `tenants key add` wrote it"
)]
pub struct SigningKeyError;

/// What a signature is good for, besides its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// The server process of one connection.
    Backend(i32),
    /// Every process, behind a pooler that chooses another one for each transaction.
    Any,
}

/// A signed scope: what a connection shows to be let in. It stands in the server's log and memory, so it is
/// bound to one process and to a time.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(String);

impl SigningKey {
    const PREFIX: &'static str = "tenants_key_";

    /// The text form of a key that the database just made.
    ///
    /// # Security
    ///
    /// It is the secret itself.
    #[must_use]
    pub fn from_parts(id: &str, secret: &str) -> String {
        format!("{}{id}_{secret}", Self::PREFIX)
    }

    /// By which the database finds the key; no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Signs a scope of `tenant` for transactions that begin up to `expires`, in seconds of the server's
    /// clock since 1970.
    #[must_use]
    pub fn sign(&self, tenant: &TenantId, binding: Binding, expires: i64) -> Signature {
        let backend = match binding {
            Binding::Backend(pid) => pid.to_string(),
            Binding::Any => "*".to_owned(),
        };
        let claim = format!("{}:{backend}:{expires}:{tenant}", self.id);
        let mac = self.mac.clone().chain_update(&claim).finalize().into_bytes();
        Signature(format!("{}:{claim}", hex(&mac)))
    }
}

impl FromStr for SigningKey {
    type Err = SigningKeyError;

    fn from_str(text: &str) -> Result<Self, SigningKeyError> {
        let parts = text.trim().strip_prefix(Self::PREFIX).and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.ok_or(SigningKeyError)?;
        let lower = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if id.len() != 8 || secret.len() != 64 || !lower(id) || !lower(secret) {
            return Err(SigningKeyError);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(secret.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| SigningKeyError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| SigningKeyError)?;
        }
        let mac = Hmac::new_from_slice(&bytes).map_err(|_| SigningKeyError)?;
        Ok(Self { id: id.to_owned(), mac })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

impl Signature {
    /// Puts the signature into the setting that the guards read.
    ///
    /// By a query: `pg_stat_statements` writes constants of queries as `$1`, and those of `SET` as they are.
    pub(crate) fn set(&self, lasts: Lasts) -> Sql {
        let signature = Literal::new(&self.0);
        match lasts {
            Lasts::Transaction => {
                sql!(
                    "SELECT pg_catalog.set_config('tenants.scope', {signature}, true)",
                    signature = signature
                )
            }
            Lasts::Session => {
                sql!(
                    "SELECT pg_catalog.set_config('tenants.scope', {signature}, false)",
                    signature = signature
                )
            }
        }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// How long a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasts {
    Transaction,
    Session,
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        let secret: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
        SigningKey::from_parts("0a1b2c3d", &secret).parse().unwrap()
    }

    /// Computed by another implementation.
    #[test]
    fn a_signature_is_the_hmac_of_all_that_it_says() {
        let tenant = TenantId::try_from("acme:co").unwrap();
        let signature = key().sign(&tenant, Binding::Backend(4711), 1_700_000_000);
        let mac = "6a80e5f000c017f1dcc85cdf2168dcda077e1c613cb97c6b5fa9b1493aa298f0";
        assert_eq!(signature.0, format!("{mac}:0a1b2c3d:4711:1700000000:acme:co"));
        assert_ne!(signature, key().sign(&tenant, Binding::Any, 1_700_000_000));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let good = format!("tenants_key_0a1b2c3d_{}", "9f".repeat(32));
        assert!(good.parse::<SigningKey>().is_ok());
        assert!(format!(" {good}\n").parse::<SigningKey>().is_ok());
        for bad in [
            String::new(),
            "tenants_key_".to_owned(),
            good.replace("tenants_key_", ""),
            good.replace('f', "F"),
            good.replace('f', "é"),
            good.replace("_9f", "_9"),
            format!("{good}9f"),
            good.replace("0a1b", "0a1"),
        ] {
            let refused = bad.parse::<SigningKey>().unwrap_err().to_string();
            assert!(bad.len() < 20 || !refused.contains(&bad[12..]), "{refused}");
        }
    }
}
