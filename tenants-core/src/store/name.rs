//! What people call a tenant.

use thiserror::Error;

use super::Tenant;

/// Why a text is no name of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// It is longer than 255 characters.
    #[error(
        "the name of a tenant has at most {max} characters, and this has {characters}",
        max = Tenant::MAX_NAME_CHARACTERS
    )]
    Length {
        /// How many characters it has.
        characters: usize,
    },
    /// It holds a line break, an escape or another control character.
    #[error("the name of a tenant must not contain control characters, such as line breaks")]
    Control,
}

/// Names are shown in tables, terminals and logs, where control characters do something.
pub(super) fn check(name: &str) -> Result<(), NameError> {
    let characters = name.chars().count();
    if characters > Tenant::MAX_NAME_CHARACTERS {
        return Err(NameError::Length { characters });
    }
    if name.contains(char::is_control) { Err(NameError::Control) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_name_and_what_is_none() {
        for name in ["", " ", "Müller & Söhne 🦀", "a\u{202e}b", &"ü".repeat(255)] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
        assert_eq!(check(&"ü".repeat(256)), Err(NameError::Length { characters: 256 }));
        for name in ["\0", "a\nb", "\u{1b}[2J", "\u{7f}", "\u{85}"] {
            assert_eq!(check(name), Err(NameError::Control), "{name:?}");
        }
    }
}
