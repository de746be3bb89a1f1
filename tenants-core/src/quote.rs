//! Names, literals and finished SQL text: the only file that quotes.
//!
//! Everything that reaches a server is a [`Sql`]. A [`Sql`] is made here, from a template whose
//! holes accept nothing but [`Identifier`], [`TableName`], [`Literal`] and [`Sql`]; a `&str`
//! does not fit.

use std::fmt::{self, Write as _};

use thiserror::Error;

/// PostgreSQL cuts longer names off in silence (`NAMEDATALEN - 1`), and two names that share
/// their first 63 bytes would then be one.
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// The name of a schema, table, column, role, policy or index, as PostgreSQL stores it.
///
/// `Display` writes it quoted: `"posts"`, `"we""ird"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(String);

/// A name that PostgreSQL would refuse or cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdentifierError {
    /// The name has no characters.
    #[error("a name must not be empty")]
    Empty,
    /// The name holds a NUL character, which PostgreSQL cannot store.
    #[error("a name must not contain a NUL character")]
    Nul,
    /// The name is longer than [`MAX_IDENTIFIER_BYTES`].
    #[error(
        "a name of {bytes} bytes is too long: PostgreSQL keeps {MAX_IDENTIFIER_BYTES}; choose a shorter one"
    )]
    TooLong {
        /// Length of the refused name in bytes.
        bytes: usize,
    },
}

impl Identifier {
    /// Accepts a name as it stands in the catalog: without quotes, case preserved.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] if the name is empty, holds NUL or is longer than 63 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tenants_core::Identifier;
    ///
    /// let name = Identifier::new("Posts \"2026\"")?;
    /// assert_eq!(name.to_string(), "\"Posts \"\"2026\"\"\"");
    /// # Ok::<(), tenants_core::IdentifierError>(())
    /// ```
    pub fn new(name: impl Into<String>) -> Result<Self, IdentifierError> {
        let name = name.into();
        if name.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if name.contains('\0') {
            return Err(IdentifierError::Nul);
        }
        if name.len() > MAX_IDENTIFIER_BYTES {
            return Err(IdentifierError::TooLong { bytes: name.len() });
        }
        Ok(Self(name))
    }

    /// A name that this crate itself chose; a test checks each one.
    pub(crate) fn fixed(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The bare name, as in the catalog's `name` columns.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `{self}{suffix}`, with `self` shortened on a character boundary so that the result fits.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let room = MAX_IDENTIFIER_BYTES.saturating_sub(suffix.len());
        let mut end = self.0.len().min(room);
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}{suffix}", &self.0[..end]))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

/// A table's schema and name. `Display` writes it quoted and qualified: `"public"."posts"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    schema: Identifier,
    name: Identifier,
}

impl TableName {
    /// The schema of a Diesel table that names none: `diesel print-schema` writes it so.
    pub const DEFAULT_SCHEMA: &'static str = "public";

    /// Names a table; without a schema it is in [`DEFAULT_SCHEMA`](Self::DEFAULT_SCHEMA).
    #[must_use]
    pub fn new(schema: Option<Identifier>, name: Identifier) -> Self {
        let schema = schema.unwrap_or_else(|| Identifier::fixed(Self::DEFAULT_SCHEMA));
        Self { schema, name }
    }

    /// The schema that holds the table.
    #[must_use]
    pub fn schema(&self) -> &Identifier {
        &self.schema
    }

    /// The table's own name.
    #[must_use]
    pub fn name(&self) -> &Identifier {
        &self.name
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// A text constant, for the few places where PostgreSQL's grammar takes no bind parameter
/// (`SET`, and the simple protocol as a whole).
///
/// `Display` writes ASCII alone: other characters as `\uXXXX`. The server reads a statement in the
/// encoding that its session has set, so the bytes of `mÃ¼ller` in one are those of `müller` in another, and
/// in some a quote is part of a character. [`Debug`](fmt::Debug) hides the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    /// Wraps a value that is already known to hold no NUL, such as a [`TenantId`](crate::TenantId).
    pub(crate) fn new(value: &'a str) -> Self {
        Self(value)
    }

    /// Wraps any text, for messages and comments.
    ///
    /// Returns `None` if the text holds a NUL character: PostgreSQL has no such text.
    #[must_use]
    pub fn checked(value: &'a str) -> Option<Self> {
        (!value.contains('\0')).then_some(Self(value))
    }
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_ascii() && c != '\\';
        // Outside E'' the meaning of a backslash depends on `standard_conforming_strings`, which any
        // session may set.
        f.write_str(if self.0.chars().all(is_plain) { "'" } else { " E'" })?;
        for c in self.0.chars() {
            match c {
                '\'' => f.write_str("''")?,
                '\\' => f.write_str("\\\\")?,
                _ if c.is_ascii() => f.write_char(c)?,
                '\u{80}'..='\u{ffff}' => write!(f, "\\u{:04X}", u32::from(c))?,
                _ => write!(f, "\\U{:08X}", u32::from(c))?,
            }
        }
        f.write_char('\'')
    }
}

impl fmt::Debug for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Literal(..)")
    }
}

/// Finished SQL text: one or several statements, every name and value in it quoted.
///
/// It can hold a tenant id, so [`Debug`](fmt::Debug) hides it; `Display` and [`as_str`](Self::as_str) show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sql(String);

impl Sql {
    /// Text without holes, written in this crate.
    pub(crate) fn fixed(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// Called by the `sql!` template only.
    pub(crate) fn from_template(text: String) -> Self {
        Self(text)
    }

    /// The text, ready for the simple protocol or for a migration file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Lays statements out one below the other, as in a file; the last one lacks its semicolon.
    pub(crate) fn lines(statements: impl IntoIterator<Item = Sql>) -> Self {
        let texts: Vec<String> = statements.into_iter().map(|sql| sql.0).collect();
        Self(texts.join(";\n"))
    }

    /// Lines of comment, with [statements](Self::lines) below them.
    pub(crate) fn followed_by(self, statements: impl IntoIterator<Item = Sql>) -> Self {
        Self(self.0 + &Self::lines(statements).0)
    }

    /// Joins statements into one message, in order: PostgreSQL does all of them, or none.
    #[must_use]
    pub fn message(statements: impl IntoIterator<Item = Sql>) -> Self {
        let texts: Vec<String> = statements.into_iter().map(|sql| sql.0).collect();
        Self(texts.join("; "))
    }
}

impl From<Sql> for String {
    fn from(sql: Sql) -> Self {
        sql.0
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sql(..)")
    }
}

/// An expression as the server itself wrote it down, by `pg_get_expr` under an empty search path.
///
/// It goes into `down.sql` only, where it restores what stood there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deparsed(String);

impl Deparsed {
    /// Takes the text over from the catalog.
    ///
    /// # Security
    ///
    /// The text is not quoted again: it must come from `pg_get_expr` and nowhere else.
    #[must_use]
    pub fn from_catalog(text: String) -> Self {
        Self(text)
    }

    /// The text, for comparison.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Deparsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An expression that an operator wrote, and that runs with nothing but the rights of the operator's own login.
///
/// The only text from outside that becomes part of a statement as it is. A driver sends the statement by the extended
/// protocol, which takes one: what follows a `;` is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSql(String);

impl OperatorSql {
    /// Takes the text as it is; `None` if it is blank or holds a NUL character.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_any = !text.trim().is_empty() && !text.contains('\0');
        is_any.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for OperatorSql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A list of names or keywords, separated by commas.
pub(crate) struct List<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// The body of a `DO` block, between dollar signs with a tag that the body does not contain.
pub(crate) struct Body<'a>(pub(crate) &'a Sql);

impl fmt::Display for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tag = String::from("$$");
        let mut number = 0;
        while self.0.0.contains(&tag) {
            number += 1;
            tag = format!("$body{number}$");
        }
        write!(f, "{tag}\n{}\n{tag}", self.0)
    }
}

/// What may fill a hole of the `sql!` template.
pub(crate) trait Hole: fmt::Display {}
impl Hole for Identifier {}
impl Hole for TableName {}
impl Hole for Literal<'_> {}
impl Hole for Sql {}
impl Hole for Deparsed {}
impl Hole for OperatorSql {}
impl Hole for Body<'_> {}
impl<T: Hole> Hole for List<'_, T> {}
impl<T: Hole> Hole for &T {}

pub(crate) fn hole<T: Hole>(value: T) -> T {
    value
}

/// Lays a statement out as it will be printed: `sql!("DROP TABLE {table}", table = name)`.
///
/// Each hole is named and typed; a plain string does not compile.
macro_rules! sql {
    ($template:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::quote::Sql::from_template(format!(
            $template $(, $name = $crate::quote::hole(&$value))*
        ))
    };
}
pub(crate) use sql;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_that_postgresql_would_cut_off_are_refused() {
        assert_eq!(Identifier::new(""), Err(IdentifierError::Empty));
        assert_eq!(Identifier::new("a\0b"), Err(IdentifierError::Nul));
        assert_eq!(Identifier::new("ü".repeat(32)), Err(IdentifierError::TooLong { bytes: 64 }));
        assert!(Identifier::new("x".repeat(63)).is_ok());
    }

    #[test]
    fn a_suffix_shortens_the_name_and_never_splits_a_character() {
        let name = Identifier::new("ü".repeat(31)).unwrap();
        let suffixed = name.with_suffix("_tenant_idx");
        assert!(suffixed.as_str().ends_with("ü_tenant_idx"));
        assert!(suffixed.as_str().len() <= MAX_IDENTIFIER_BYTES);
    }

    #[test]
    fn fixed_names_are_valid() {
        let policies = ["tenants_isolation", "tenants_guard", "tenants_admin"];
        for name in [TableName::DEFAULT_SCHEMA, "tenants_app"].into_iter().chain(policies) {
            assert_eq!(Identifier::new(name), Ok(Identifier::fixed(name)));
        }
    }

    #[test]
    fn a_backslash_is_quoted_independently_of_the_session() {
        assert_eq!(Literal::new("o'clock").to_string(), "'o''clock'");
        assert_eq!(Literal::new(r"a\'b").to_string(), r" E'a\\''b'");
    }

    #[test]
    fn a_body_cannot_be_left_by_a_name_that_holds_dollar_signs() {
        let name = Identifier::new("$$; $body1$").unwrap();
        let block = sql!("DO {body}", body = Body(&sql!("DROP ROLE {name}", name = name)));
        assert_eq!(block.as_str(), "DO $body2$\nDROP ROLE \"$$; $body1$\"\n$body2$");
    }

    #[test]
    fn debug_shows_no_value() {
        let literal = Literal::new("secret");
        assert!(!format!("{literal:?}").contains("secret"));
        assert!(!format!("{:?}", sql!("SELECT {value}", value = literal)).contains("secret"));
    }
}
