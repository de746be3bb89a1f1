//! What raw statements may leave behind on a connection.

use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{QueryBuilder, QueryFragment, QueryId};

use crate::error::ScopeError;

/// What a statement may leave on its connection beyond the end of its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Residue {
    /// Nothing but what the next scope takes away before it begins: queries of Diesel's own types.
    None,
    /// Something that must not wait for the next scope: a channel, a cursor, a role.
    Cleanable,
    /// Something that nothing takes away: the connection must be closed.
    Lasting,
}

/// What a raw statement may begin with and still leave a connection that can be used again: cleaning
/// takes back whatever these do. Not `PREPARE` and `DEALLOCATE`, which change what Diesel's cached
/// statements are, nor `COPY`, `DO`, `CREATE` and whatever else there may be.
const CLEANABLE: [&str; 19] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "WITH",
    "VALUES",
    "MERGE",
    "TABLE",
    "EXPLAIN",
    "SET",
    "RESET",
    "SHOW",
    "LOCK",
    "NOTIFY",
    "LISTEN",
    "UNLISTEN",
    "SAVEPOINT",
    "RELEASE",
    "DECLARE",
];

impl Residue {
    /// Looks at a query, unless its type is static: those are Diesel's own.
    ///
    /// # Errors
    ///
    /// [`ScopeError::TransactionControl`] for what begins or ends a transaction behind Diesel's back: it
    /// would report as committed what was rolled back, or the other way round.
    pub(crate) fn of<T: QueryFragment<Pg> + QueryId>(query: &T) -> Result<Self, ScopeError> {
        if T::query_id().is_some() {
            return Ok(Self::None);
        }
        let mut builder = PgQueryBuilder::default();
        if query.to_sql(&mut builder, &Pg).is_err() {
            // It will not run either.
            return Ok(Self::None);
        }
        Self::of_text(&builder.finish())
    }

    fn of_text(sql: &str) -> Result<Self, ScopeError> {
        let mut words = Words(sql);
        let word = words.next().unwrap_or_default();
        match word.as_str() {
            "BEGIN" | "START" | "COMMIT" | "END" | "ABORT" => Err(ScopeError::TransactionControl),
            "PREPARE" if words.next().as_deref() == Some("TRANSACTION") => {
                Err(ScopeError::TransactionControl)
            }
            "ROLLBACK" => match words.find(|word| word != "WORK" && word != "TRANSACTION") {
                Some(word) if word == "TO" => Ok(Self::Cleanable),
                _ => Err(ScopeError::TransactionControl),
            },
            word if CLEANABLE.contains(&word) => Ok(Self::Cleanable),
            _ => Ok(Self::Lasting),
        }
    }
}

/// The words that a statement begins with, in upper case, without blanks, comments and parentheses.
struct Words<'a>(&'a str);

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let rest = behind_gap(self.0);
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        self.0 = behind;
        (!word.is_empty()).then(|| word.to_ascii_uppercase())
    }
}

fn behind_gap(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start_matches(|c: char| {
            c.is_ascii_whitespace() || matches!(c, '(' | ';' | '\u{b}')
        });
        sql = if let Some(comment) = sql.strip_prefix("--") {
            comment.split_once(['\n', '\r']).map_or("", |(_, behind)| behind)
        } else if sql.starts_with("/*") {
            behind_comment(sql)
        } else {
            return sql;
        }
    }
}

/// Comments in PostgreSQL nest.
fn behind_comment(mut sql: &str) -> &str {
    let mut depth = 0_u32;
    while let Some(at) = sql.find("/*").into_iter().chain(sql.find("*/")).min() {
        depth = if sql[at..].starts_with("/*") { depth + 1 } else { depth.saturating_sub(1) };
        sql = &sql[at + 2..];
        if depth == 0 {
            return sql;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::Residue;
    use crate::error::ScopeError;

    #[test]
    fn the_first_word_tells_what_stays_behind() {
        for (sql, expected) in [
            ("SELECT 1", Residue::Cleanable),
            (" (select 1)", Residue::Cleanable),
            ("-- a\n/* b /* c */ d */ set x = 1", Residue::Cleanable),
            ("SAVEPOINT a", Residue::Cleanable),
            ("ROLLBACK TO a", Residue::Cleanable),
            ("rollback work to savepoint a", Residue::Cleanable),
            ("PREPARE s AS SELECT 1", Residue::Lasting),
            ("DEALLOCATE ALL", Residue::Lasting),
            ("/* open", Residue::Lasting),
            ("", Residue::Lasting),
        ] {
            assert_eq!(Residue::of_text(sql), Ok(expected), "{sql}");
        }
    }

    #[test]
    fn transaction_control_is_refused() {
        for sql in [
            "BEGIN",
            "begin isolation level serializable",
            "START TRANSACTION",
            "COMMIT AND CHAIN",
            "/* /* */ */COMMIT",
            ";; end",
            "ABORT",
            "ROLLBACK",
            "ROLLBACK WORK",
            "ROLLBACK AND CHAIN",
            "ROLLBACK PREPARED 'x'",
            "PREPARE TRANSACTION 'x'",
        ] {
            assert_eq!(Residue::of_text(sql), Err(ScopeError::TransactionControl), "{sql}");
        }
    }
}
