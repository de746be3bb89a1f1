//! A statement in one dialect, with its values.

use std::fmt;
use std::ops::Range;

use super::Dialect;

/// A value that goes to the server apart from its statement.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A text, or NULL.
    Text(Option<String>),
    /// A number.
    Integer(i64),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Integer(_) => "Integer(..)",
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(ToOwned::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// A statement in one dialect, with its values.
///
/// `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    dialect: Dialect,
    sql: String,
    values: Vec<Value>,
    /// Where in the text the placeholders are.
    placeholders: Vec<Range<usize>>,
    is_kept: bool,
}

impl Statement {
    /// Begins a statement. Text is what this crate writes, and nothing else.
    pub(super) fn new(dialect: Dialect, sql: &'static str) -> Self {
        Self {
            dialect,
            sql: sql.to_owned(),
            values: Vec::new(),
            placeholders: Vec::new(),
            is_kept: true,
        }
    }

    pub(super) fn sql(mut self, sql: &'static str) -> Self {
        self.sql.push_str(sql);
        self
    }

    pub(super) fn value(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let begin = self.sql.len();
        match self.dialect {
            Dialect::Postgres => self.sql.push_str(&format!("${}", self.values.len())),
            Dialect::Sqlite | Dialect::MySql => self.sql.push('?'),
        }
        self.placeholders.push(begin..self.sql.len());
        self
    }

    /// Values in brackets. None at all is a list that nothing is in.
    pub(super) fn list<'a>(mut self, values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut before = "(";
        for value in values {
            self = self.sql(before).value(value);
            before = ", ";
        }
        self.sql(if before == "(" { "(NULL)" } else { ")" })
    }

    /// Not worth keeping: its text seldom comes again, or its plan depends on its values.
    pub(super) fn once(self) -> Self {
        Self { is_kept: false, ..self }
    }

    /// Whether a connection should keep it prepared, which saves a round trip the next time.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// The text before, between and behind its values: one piece more than there are values.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        let begins = std::iter::once(0).chain(self.placeholders.iter().map(|it| it.end));
        let ends = self.placeholders.iter().map(|it| it.start).chain([self.sql.len()]);
        begins.zip(ends).map(|(begin, end)| &self.sql[begin..end])
    }

    /// The text, with a placeholder for each value.
    #[must_use]
    pub fn as_sql(&self) -> &str {
        &self.sql
    }

    /// The values, in the order of their placeholders.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").field("sql", &self.sql).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_those_of_the_dialect() {
        let statement = |dialect| {
            Statement::new(dialect, "SELECT ").value(7).sql(" WHERE x IN ").list(["a", "b"])
        };
        assert_eq!(statement(Dialect::Postgres).as_sql(), "SELECT $1 WHERE x IN ($2, $3)");
        assert_eq!(statement(Dialect::MySql).as_sql(), "SELECT ? WHERE x IN (?, ?)");
        assert_eq!(statement(Dialect::Sqlite).values().len(), 3);
        let pieces: Vec<_> = statement(Dialect::Postgres).pieces().map(str::to_owned).collect();
        assert_eq!(pieces, ["SELECT ", " WHERE x IN (", ", ", ")"]);
        assert_eq!(Statement::new(Dialect::Sqlite, "").list([]).as_sql(), "(NULL)");
        assert!(!format!("{:?}", statement(Dialect::Sqlite)).contains('7'));
    }
}
