//! Texts of others on a terminal.

use std::fmt::{self, Write};

/// A text on one line of a terminal. Whoever chose it could clear or forge what stands around it by control
/// characters, so these are escaped; tabs are not.
///
/// # Examples
///
/// ```
/// use tenants_core::Shown;
///
/// assert_eq!(Shown("Ação\r\u{1b}[2J").to_string(), r"Ação\r\u{1b}[2J");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What reorders or ends a line is no control character to Unicode.
        let reorders = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        self.0.chars().try_for_each(|c| {
            if c != '\t' && (c.is_control() || reorders(c)) {
                write!(f, "{}", c.escape_default())
            } else {
                f.write_char(c)
            }
        })
    }
}
