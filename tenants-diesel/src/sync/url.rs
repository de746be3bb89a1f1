//! What may be said about a connection string, which holds a password.

use thiserror::Error;

/// What libpq said about a failed connection, without what it quoted.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct LibpqError(String);

impl LibpqError {
    /// libpq quotes pieces of a connection string that it misreads, and a password with an
    /// unescaped `/` or space is misread as host, port or keyword.
    pub(super) fn new(error: &dyn std::fmt::Display) -> Self {
        let text = error.to_string();
        let pieces = text.split('"').enumerate();
        Self(pieces.map(|(i, piece)| if i % 2 == 0 { piece } else { "\"…\"" }).collect())
    }
}

/// Whether libpq will take the password of this connection string for a password.
///
/// Stricter than libpq, and without `"`, so that [`LibpqError`] finds the quotes that are libpq's.
pub(super) fn is_well_formed(url: &str) -> bool {
    if url.contains(['\0', '"']) {
        return false;
    }
    let scheme = ["postgres://", "postgresql://"];
    let Some(rest) = scheme.iter().find_map(|scheme| url.strip_prefix(scheme)) else {
        return url.contains('=') && !url.contains("://");
    };
    let behind_login = match rest.find(['@', '/']) {
        Some(end) if rest[end..].starts_with('@') => &rest[end + 1..],
        _ => rest,
    };
    let (address, parameters) = behind_login.split_once('?').unwrap_or((behind_login, ""));
    let mut parameters = parameters.split('&').filter(|parameter| !parameter.is_empty());
    has_whole_escapes(rest) && !address.contains('@') && parameters.all(is_parameter)
}

fn is_parameter(text: &str) -> bool {
    text.split_once('=').is_some_and(|(keyword, value)| {
        keyword.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !value.contains('=')
    })
}

fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|escape| {
        let digits = escape.as_bytes().get(..2).unwrap_or_default();
        digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit) && digits != b"00"
    })
}

#[cfg(test)]
mod tests {
    use super::{LibpqError, is_well_formed};

    #[test]
    fn a_connection_string_is_refused_if_libpq_would_misread_its_password() {
        for good in [
            "postgres://u:p%2Fw@h:5432/db?sslmode=require&connect_timeout=5",
            "postgresql://u:why?@[::1]/db",
            "postgres://h1:1,h2:2/db",
            "postgres:///db?host=/run/postgresql&user=u",
            "host=/run/postgresql user=u password='a b'",
        ] {
            assert!(is_well_formed(good), "{good}");
        }
        for bad in [
            "",
            "db",
            "mysql://u:p@h/db",
            "postgres//u:secret@h/db",
            "postgres://u:se/cret@h/db",
            "postgres://u:se@cret@h/db",
            "postgres://u:5432/cret@h/db",
            "postgres://u:se%cret@h/db",
            "postgres://u:se%00cret@h/db",
            "postgres://u:se\"cret@h/db",
            "postgres://h/db?password=se&cret",
            "postgres://h/db?password=se=cret",
        ] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn what_libpq_quotes_is_not_shown() {
        let said = "connection to server at \"h\", port 5432 failed: role \"u\" does not exist";
        assert_eq!(
            LibpqError::new(&said).to_string(),
            "connection to server at \"…\", port 5432 failed: role \"…\" does not exist"
        );
        assert_eq!(LibpqError::new(&"port: \"sec").to_string(), "port: \"…\"");
    }
}
